// Package erasure runs a confirmed plan: every step is written before it is
// tried and after it is done, a killed run resumes, and a step is done only
// when a fresh listing no longer finds the object in any version, nor does a
// direct look where the storage can be asked for it.
//
// In from the left: plan.Confirmed. Out to the right: a Record of the run and its
// steps for app/evidence. It never erases anything that is not in the plan, nor
// what the ledger's Guard says is held since. What is left of a partial run is
// tried again at RetryAfter; a shop's records are erased by the same steps as
// the files of a storage, one record a call.
package erasure
