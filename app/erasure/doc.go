// Package erasure runs a confirmed plan: every step is written before it is
// tried and after it is done, a killed run resumes, and a step is done only
// when a fresh listing no longer finds the object in any version.
//
// In from the left: plan.Confirmed. Out to the right: a Record of the run and its
// steps for app/evidence. It never erases anything that is not in the plan.
package erasure
