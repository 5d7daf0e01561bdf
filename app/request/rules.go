package request

import (
	"fmt"
	"strings"
)

// rule says which concepts, standing near each other in one sentence, speak
// for a right, and how much. Elements are separated by spaces; alternatives
// by |. v: marks the verb, whose negation and tense count; o: the object,
// whose owner ("my", "your") counts.
type rule struct {
	name    string
	right   Right
	conf    float64 // right so often, where the owner is the sender and something is asked
	elems   string
	gap     int    // most words between neighbours; 0 is the usual 7
	need    string // concepts that must stand in the sentence
	not     string // concepts that must not
	soft    string // concepts that make it an ordinary wish unless the privacy of data is spoken of
	between string // concepts that must not stand between the first and the last element
	opts    string // see options below
}

// Options: "ordered" elements in this order; "negated" the verb must be denied;
// "anyverb" negation and tense do not count; "mine" only what is the sender's;
// "mineinfo" less where it is not; "anyowner" whose it is does not count;
// "question" in a question only; "statement" in none; "needanywhere" what is needed may stand
// anywhere in the message; "adjacent" no word between; "scope" may only describe what another right
// asked for in the sentence is about ("erase all data that you hold on me").

// rules is the grammar. The order does not matter.
var rules = []rule{
	// GDPR Art. 17.
	{name: "erase data", right: Erasure, conf: .96, elems: "v:erase o:data", gap: 9},
	{name: "remove data", right: Erasure, conf: .9, elems: "v:remove o:data", gap: 7, soft: "maillist", not: "consent"},
	{name: "erase photo", right: Erasure, conf: .94, elems: "v:erase o:photo", gap: 9, soft: "cart edit"},
	{name: "remove photo", right: Erasure, conf: .87, elems: "v:remove o:photo", gap: 8, soft: "cart edit login", not: "consent"},
	{name: "erase account", right: Erasure, conf: .95, elems: "v:erase|remove o:account", gap: 7, soft: "fear login", between: "order cart doc"},
	{name: "close account", right: Erasure, conf: .86, elems: "v:close o:account", gap: 5, soft: "login fear"},
	{name: "erase information", right: Erasure, conf: .9, elems: "v:erase o:info|attr", gap: 7, soft: "maillist marketing edit cart", opts: "mineinfo"},
	{name: "remove information", right: Erasure, conf: .84, elems: "v:remove o:info|attr", gap: 7, soft: "maillist marketing edit cart", opts: "mineinfo", not: "consent"},
	{name: "erase from files", right: Erasure, conf: .9, elems: "v:erase|remove me file", gap: 5, soft: "maillist marketing"},
	{name: "erase from files of yours", right: Erasure, conf: .8, elems: "v:erase|remove file", gap: 7, need: "me family aboutme photo data info attr passiveme", soft: "maillist edit"},
	{name: "erase me", right: Erasure, conf: .8, elems: "v:erase me", gap: 0, soft: "maillist marketing edit order cart", not: "emails", opts: "adjacent ordered"},
	{name: "remove me", right: Erasure, conf: .66, elems: "v:remove me", gap: 0, soft: "maillist marketing edit order cart", not: "emails maillist consent marketing unsub", opts: "adjacent ordered"},
	{name: "erase everything", right: Erasure, conf: .82, elems: "v:erase everything", gap: 2, soft: "cart edit order doc", not: "emails"},
	{name: "remove everything of mine", right: Erasure, conf: .82, elems: "v:remove everything", gap: 3, need: "aboutme file data photo family", soft: "cart edit"},
	{name: "objects to keeping", right: Erasure, conf: .86, elems: "object|refuse|negwant o:photo|data|info|attr|account staying", gap: 8, opts: "ordered anyowner", soft: "edit order marketing", not: "policyq"},
	{name: "may not stay", right: Erasure, conf: .86, elems: "o:photo|data|info|attr v:staying", gap: 7, opts: "negated", soft: "edit order", not: "policyq"},
	{name: "keep nothing about me", right: Erasure, conf: .86, elems: "v:keep aboutme|family", gap: 6, opts: "negated", soft: "edit order marketing", not: "policyq"},
	{name: "right to erasure", right: Erasure, conf: .9, elems: "eraseright", soft: "third vendor"},
	{name: "no longer keep", right: Erasure, conf: .88, elems: "v:keep o:data|info|photo|attr", gap: 8, opts: "negated", not: "policyq"},
	{name: "stop keeping", right: Erasure, conf: .84, elems: "stop v:keep o:data|info|photo", gap: 5, opts: "ordered"},
	{name: "forget me", right: Erasure, conf: .9, elems: "forgetme"},
	{name: "not wanted in files", right: Erasure, conf: .85, elems: "negwant file", gap: 10, need: "data photo info me contact account", soft: "maillist marketing", not: "purpose share use", opts: "ordered"},
	{name: "no more account", right: Erasure, conf: .8, elems: "negwant o:account", gap: 4, soft: "login", not: "modif rect share use close erase remove"},
	{name: "me in the files", right: Erasure, conf: .42, elems: "me|aboutme|family file", gap: 4, soft: "maillist marketing order edit login wrong rect", opts: "statement", not: "confirm remains whosees copy give confirm machine format toother"},
	{name: "none may remain", right: Erasure, conf: .82, elems: "stop|negwant|refuse o:photo|data|info file", gap: 9, soft: "edit order maillist marketing", not: "use share purpose contact"},
	{name: "wanted gone", right: Erasure, conf: .84, elems: "o:photo|data|account|info gone", gap: 6, need: "ask", opts: "mine", not: "edit order fear login"},
	{name: "named and wanted gone", right: Erasure, conf: .76, elems: "demand o:photo|data|account|info gone", gap: 12, opts: "ordered", not: "edit order fear login"},
	{name: "none kept", right: Erasure, conf: .8, elems: "nokeep", not: "policyq order"},
	{name: "erase order traces", right: Erasure, conf: .72, elems: "v:erase order", gap: 6, need: "file data", soft: "cart edit"},
	{name: "erase pictured", right: Erasure, conf: .7, elems: "v:erase family", gap: 5, soft: "cart edit", need: "file photo data everything account aboutme"},

	// GDPR Art. 15.
	{name: "right of access", right: Access, conf: .92, elems: "accessright", soft: "third vendor"},
	{name: "copy of data", right: Access, conf: .92, elems: "copy o:data", gap: 7, soft: "cart", not: "machine"},
	{name: "copy of information", right: Access, conf: .84, elems: "copy o:info", gap: 6, soft: "doc order", opts: "mineinfo", not: "machine"},
	{name: "copy of file", right: Access, conf: .78, elems: "copy file", gap: 5, soft: "edit cart", need: "ask aboutme me"},
	{name: "access to data", right: Access, conf: .92, elems: "v:access o:data", gap: 6, soft: "login"},
	{name: "access to information", right: Access, conf: .84, elems: "v:access o:info", gap: 6, soft: "login doc order", opts: "mineinfo"},
	{name: "which data held", right: Access, conf: .93, elems: "whatq o:data have", gap: 8, opts: "scope anyowner ordered"},
	{name: "which information held about me", right: Access, conf: .93, elems: "whatq have aboutme", gap: 8, need: "", opts: "scope"},
	{name: "information held about me", right: Access, conf: .93, elems: "info|photo|data have aboutme", gap: 8, need: "ask whatq give copy confirm", not: "notgot", opts: "scope"},
	{name: "held about me", right: Access, conf: .88, elems: "have aboutme", gap: 3, need: "whatq give copy confirm everything", not: "erase remove rect wrong stop", opts: "scope"},
	{name: "give data", right: Access, conf: .86, elems: "v:give o:data", gap: 7, need: "ask", not: "machine format marketing stop negwant erase remove share use keep rect modif wrong restrict toother", opts: "scope"},
	{name: "request data", right: Access, conf: .8, elems: "demand o:data", gap: 4, opts: "scope mine ordered", not: "machine format marketing stop negwant toother gone export"},
	{name: "give information about me", right: Access, conf: .84, elems: "v:give info aboutme", gap: 8, not: "machine erase remove stop negwant rect modif wrong", opts: "scope"},
	{name: "whether data are processed", right: Access, conf: .88, elems: "confirm use|have o:data", gap: 7, not: "erase remove stop", opts: "scope"},
	{name: "whether processed about me", right: Access, conf: .86, elems: "confirm use|have aboutme", gap: 10, need: "data info", not: "erase remove stop", opts: "scope"},
	{name: "where data came from", right: Access, conf: .8, elems: "source o:data|info|attr|emails", gap: 8},
	{name: "who received data", right: Access, conf: .82, elems: "recipients o:data|info|attr", gap: 10, need: "share give have contact file export me aboutme", not: "erase"},
	{name: "list of data", right: Access, conf: .85, elems: "whatq o:data", gap: 3, need: "give", opts: "scope mine", not: "erase remove machine stop use rect modif export toother"},
	{name: "see my file", right: Access, conf: .76, elems: "v:access|copy|give|recover myfile", gap: 5, soft: "order login", opts: "ordered"},
	{name: "give all about me", right: Access, conf: .78, elems: "v:give everything|emails|whatq aboutme", gap: 7, not: "erase remove stop negwant rect wrong order"},
	{name: "where it came from", right: Access, conf: .9, elems: "sourcepro"},
	{name: "who can see", right: Access, conf: .72, elems: "whosees data|photo|info|file|family", gap: 8},
	{name: "what is known of us", right: Access, conf: .84, elems: "whatq have about family|me", gap: 6, not: "erase remove order"},
	{name: "whether in the files", right: Access, conf: .76, elems: "confirm o:attr|me|family file", gap: 8, opts: "anyowner", not: "erase remove rect modif wrong order doc photo"},
	{name: "what is known of me", right: Access, conf: .9, elems: "knowme"},
	{name: "whether kept of ours", right: Access, conf: .78, elems: "confirm keep o:photo|data|info", gap: 6, opts: "mine", not: "erase remove received order edit negwant stop"},
	{name: "whether had of ours", right: Access, conf: .42, elems: "confirm have o:photo|info", gap: 4, opts: "mine", not: "erase remove received order edit negwant stop keep"},
	{name: "which information held", right: Access, conf: .84, elems: "whatq o:info have", gap: 6, opts: "anyowner scope", not: "doc edit received"},
	{name: "who received photos", right: Access, conf: .78, elems: "recipients share|give|have o:photo", gap: 9, opts: "mine", not: "order edit"},
	{name: "whether passed on", right: Access, conf: .82, elems: "share|give o:attr|data|info|photo|emails anyone", gap: 7, opts: "mine question", not: "edit order portright machine"},
	{name: "who received it", right: Access, conf: .7, elems: "recipients share|give them", gap: 6, opts: "question", not: "edit order doc shipaddr"},
	{name: "whether given away", right: Access, conf: .7, elems: "share o:attr|data|info|photo|emails", gap: 9, opts: "mine question", not: "order edit shipaddr received ask cart"},
	{name: "whether still there", right: Access, conf: .76, elems: "still o:attr|data|info|photo|account", gap: 10, opts: "mine question", not: "order edit cart doc login ask"},
	{name: "whether sold", right: Access, conf: .82, elems: "confirm share o:attr|data|info|photo|emails", gap: 6, opts: "mine question", not: "order edit shipaddr received toother"},
	{name: "what remains of mine", right: Access, conf: .7, elems: "remains o:photo|data|info|attr|account", gap: 8, opts: "mine question", not: "order edit received cart doc"},
	{name: "what remains in the files", right: Access, conf: .74, elems: "remains file|aboutme", gap: 8, opts: "question", not: "order edit cart doc login"},
	{name: "copy of what is held", right: Access, conf: .74, elems: "give copy", gap: 6, need: "data info aboutme", opts: "ordered", soft: "doc order edit", not: "notgot"},
	{name: "what is done with data", right: Access, conf: .55, elems: "policyq o:data", gap: 7},
	{name: "what is done with photos", right: Access, conf: .3, elems: "policyq o:photo", gap: 7, opts: "mine"},
	{name: "what photos held", right: Access, conf: .8, elems: "whatq o:photo have", gap: 6, need: "aboutme file give family", opts: "scope"},
	{name: "copy of all photos", right: Access, conf: .6, elems: "copy o:photo", gap: 5, need: "have aboutme alldata", soft: "cart edit", not: "nokeep"},

	// GDPR Art. 16.
	{name: "correct data", right: Rectification, conf: .92, elems: "v:rect o:data", gap: 8},
	{name: "update data", right: Rectification, conf: .85, elems: "v:modif o:data", gap: 6},
	{name: "correct information", right: Rectification, conf: .86, elems: "v:rect o:info", gap: 7, soft: "edit doc", opts: "mineinfo"},
	{name: "update information", right: Rectification, conf: .78, elems: "v:modif o:info", gap: 6, soft: "edit doc shipaddr", opts: "mineinfo"},
	{name: "correct particulars", right: Rectification, conf: .86, elems: "v:rect o:attr", gap: 8, soft: "edit order shipaddr", opts: "anyowner"},
	{name: "change particulars", right: Rectification, conf: .74, elems: "v:modif o:attr", gap: 6, soft: "edit order shipaddr", opts: "anyowner"},
	{name: "change particulars on file", right: Rectification, conf: .86, elems: "v:modif|rect o:attr file|account", gap: 9, soft: "edit login shipaddr", opts: "anyowner"},
	{name: "wrong particulars on file", right: Rectification, conf: .88, elems: "wrong o:attr|data|info file|account", gap: 9, opts: "anyowner", soft: "edit"},
	{name: "wrong particulars held", right: Rectification, conf: .82, elems: "have o:attr|info|data wrong", gap: 6, opts: "anyowner", soft: "edit shipaddr order"},
	{name: "wrong particulars", right: Rectification, conf: .74, elems: "wrong o:attr", gap: 6, opts: "anyowner", soft: "edit shipaddr order"},
	{name: "wrong data", right: Rectification, conf: .8, elems: "wrong o:data", gap: 6, not: "breach"},
	{name: "correct wrong", right: Rectification, conf: .66, elems: "v:rect|modif wrong", gap: 8, need: "attr data info file account", soft: "edit order shipaddr"},
	{name: "particulars have changed", right: Rectification, conf: .7, elems: "o:attr v:modif", gap: 3, opts: "ordered changed mine", soft: "order shipaddr edit"},
	{name: "replace old", right: Rectification, conf: .76, elems: "v:modif|rect oldattr", gap: 6, soft: "edit"},
	{name: "old particulars held", right: Rectification, conf: .78, elems: "oldattr file|account|have|data", gap: 7, soft: "edit"},
	{name: "correct in files", right: Rectification, conf: .7, elems: "v:rect|modif file", gap: 6, soft: "edit order shipaddr login", need: "them attr family aboutme wrong shows oldattr", not: "photo erase remove consent restrict"},
	{name: "mistake in account", right: Rectification, conf: .7, elems: "wrong o:account|file|info", gap: 5, soft: "order login edit doc", not: "erase remove close", opts: "mine"},
	{name: "update account", right: Rectification, conf: .68, elems: "v:modif|rect o:account", gap: 4, soft: "order login edit", opts: "mine"},
	{name: "shown wrongly", right: Rectification, conf: .72, elems: "shows account|file v:rect|modif", gap: 14, soft: "order edit"},
	{name: "addressed wrongly", right: Rectification, conf: .7, elems: "shows v:rect file", gap: 16, soft: "order edit"},
	{name: "spelled in files", right: Rectification, conf: .76, elems: "o:attr file", gap: 8, need: "spelled wrong", opts: "anyowner", soft: "edit"},
	{name: "spelling of name", right: Rectification, conf: .62, elems: "o:attr spelled", gap: 5, opts: "anyowner", soft: "edit order shipaddr"},
	{name: "update the files", right: Rectification, conf: .72, elems: "v:modif|rect file", gap: 6, need: "attr oldattr moved wrong", opts: "needanywhere", soft: "edit order shipaddr login", not: "photo erase remove consent restrict"},
	{name: "born otherwise", right: Rectification, conf: .72, elems: "born attr|shows", gap: 12, soft: "edit"},
	{name: "right to rectification", right: Rectification, conf: .9, elems: "rectright", soft: "third vendor edit"},
	{name: "particulars changed", right: Rectification, conf: .62, elems: "moved", soft: "order shipaddr edit", need: ""},
	{name: "particulars changed, files to follow", right: Rectification, conf: .84, elems: "moved file|account|data|info", gap: 14, soft: "shipaddr login"},
	{name: "particulars changed, update", right: Rectification, conf: .74, elems: "moved v:modif|rect", gap: 12, soft: "order shipaddr edit login"},
	{name: "delivery address", right: Rectification, conf: .5, elems: "v:modif|rect shipaddr", gap: 6, soft: "order", opts: ""},
	{name: "delivery address on file", right: Rectification, conf: .78, elems: "v:modif|rect shipaddr file|account", gap: 8},

	// GDPR Art. 18.
	{name: "right to restriction", right: Restriction, conf: .94, elems: "restrictright", soft: "third vendor"},
	{name: "restrict processing", right: Restriction, conf: .9, elems: "v:restrict o:use|data", gap: 6, opts: "anyowner", not: "order cart marketing", soft: "login"},
	{name: "restrict photos", right: Restriction, conf: .82, elems: "v:restrict o:photo|info", gap: 6, soft: "order edit login cart", opts: "anyowner"},
	{name: "keep without use", right: Restriction, conf: .88, elems: "v:keep negwant|stop|restrict|refuse use", gap: 10, need: ""},
	{name: "keep but do not use", right: Restriction, conf: .86, elems: "keep v:use", gap: 10, opts: "negated ordered", need: "data photo info aboutme file me everything"},
	{name: "not erase, not use", right: Restriction, conf: .86, elems: "v:erase|remove use", gap: 14, opts: "negated", need: "stop negwant restrict photo data"},
	{name: "not erase, evidence", right: Restriction, conf: .78, elems: "v:erase|remove o:photo|data|info|everything", gap: 6, opts: "negated anyowner", need: "proof"},
	{name: "not erase", right: Restriction, conf: .5, elems: "v:erase|remove o:photo|data", gap: 5, opts: "negated", not: "order"},

	{name: "erase nothing, evidence", right: Restriction, conf: .48, elems: "v:erase|remove", opts: "negated", need: "proof", soft: "edit order cart doc"},
	{name: "restrict file", right: Restriction, conf: .76, elems: "v:restrict myfile|file", gap: 4, soft: "order edit login"},
	{name: "keep, nothing else", right: Restriction, conf: .8, elems: "keep leavealone", gap: 10, soft: "edit order"},
	{name: "leave as it is", right: Restriction, conf: .82, elems: "leavealone o:data|photo|info", gap: 7, opts: "anyowner", not: "order edit"},
	{name: "leave it as it is", right: Restriction, conf: .7, elems: "leavealone", need: "proof", not: "order edit"},

	// GDPR Art. 21.
	{name: "unsubscribe", right: Objection, conf: .9, elems: "v:unsub", opts: "anyowner"},
	{name: "stop advertising", right: Objection, conf: .92, elems: "stop marketing", gap: 7, opts: ""},
	{name: "advertising not wanted", right: Objection, conf: .92, elems: "negwant marketing", gap: 9},
	{name: "mails not wanted", right: Objection, conf: .88, elems: "negwant contact emails", gap: 7, soft: "order doc", opts: "ordered"},
	{name: "contact not wanted", right: Objection, conf: .74, elems: "negwant contact", gap: 4, need: "me emails marketing maillist", soft: "order doc photo edit"},
	{name: "stop contacting", right: Objection, conf: .85, elems: "stop contact me|emails|marketing", gap: 5, soft: "order doc photo"},
	{name: "do not contact", right: Objection, conf: .76, elems: "v:contact me|emails|marketing|attr", gap: 4, opts: "negated", need: "me emails marketing", soft: "order doc photo edit login fear", not: "notgot"},
	{name: "no advertising", right: Objection, conf: .9, elems: "v:contact marketing", gap: 5, opts: "negated", not: "notgot"},
	{name: "stop the mails", right: Objection, conf: .8, elems: "stop emails", gap: 4, soft: "order doc", opts: "ordered"},
	{name: "off the list", right: Objection, conf: .92, elems: "v:erase|remove|unsub|passiveme maillist", gap: 10},
	{name: "advertising wanted no more", right: Objection, conf: .88, elems: "nopub", need: "ask contact negwant stop imperative emails me", not: "notgot"},
	{name: "remove from advertising", right: Objection, conf: .86, elems: "v:erase|remove marketing", gap: 8, need: "me attr data info maillist ask aboutme account"},
	{name: "not on the list", right: Objection, conf: .86, elems: "negwant maillist", gap: 9},
	{name: "object to processing", right: Objection, conf: .93, elems: "v:object o:use|data|photo|marketing|share|purpose|attr|contact", gap: 9, opts: "anyowner", soft: "order", not: "staying"},
	{name: "right to object", right: Objection, conf: .92, elems: "objright", soft: "third vendor order"},
	{name: "use not allowed", right: Objection, conf: .86, elems: "v:refuse use|share o:photo|data|info|attr", gap: 9, opts: "anyverb", not: "eraseright"},
	{name: "use not wanted", right: Objection, conf: .88, elems: "negwant use|share o:photo|data|info|attr", gap: 10, opts: "anyverb", soft: "edit"},
	{name: "use for a purpose not wanted", right: Objection, conf: .82, elems: "negwant|refuse|stop o:photo|data purpose", gap: 9, soft: "edit"},
	{name: "do not use", right: Objection, conf: .86, elems: "v:use|share o:photo|data|info|attr", gap: 6, opts: "negated", soft: "edit"},
	{name: "do not use photos for", right: Objection, conf: .82, elems: "o:photo|data v:use|share", gap: 5, opts: "negated", need: "purpose ask file", soft: "edit"},
	{name: "stop using", right: Objection, conf: .88, elems: "stop use|share o:photo|data|info|attr", gap: 6, soft: "edit"},
	{name: "advertising refused", right: Objection, conf: .86, elems: "refuse marketing", gap: 4},
	{name: "me on the list", right: Objection, conf: .7, elems: "me maillist", gap: 4, soft: "order", not: "addv"},
	{name: "make it stop", right: Objection, conf: .74, elems: "makestop", need: "marketing emails maillist unsub", opts: "needanywhere", soft: "order edit photo"},
	{name: "contact no more", right: Objection, conf: .82, elems: "nocontact", soft: "order doc photo edit login"},
	{name: "never subscribed", right: Objection, conf: .66, elems: "nosub"},
	{name: "do not sell", right: Objection, conf: .88, elems: "nosell"},
	{name: "automated decision", right: Objection, conf: .66, elems: "automated", need: "ask object negwant refuse"},
	{name: "use must not go on", right: Objection, conf: .74, elems: "negwant v:use o:photo|data", gap: 12, opts: "anyverb", soft: "edit"},

	// GDPR Art. 20.
	{name: "portability", right: Portability, conf: .95, elems: "portright", soft: "third vendor"},
	{name: "machine-readable", right: Portability, conf: .9, elems: "machine", need: "data info ask give copy photo aboutme"},
	{name: "data in a file format", right: Portability, conf: .9, elems: "o:data|info format", gap: 12, opts: "anyowner", need: "ask give copy export recover"},
	{name: "what I gave, in a file", right: Portability, conf: .76, elems: "o:data|info|photo isent elecform", gap: 12, opts: "anyowner"},
	{name: "export data", right: Portability, conf: .86, elems: "v:export o:data", gap: 6, not: "toother share stop negwant third erase"},
	{name: "in a file format", right: Portability, conf: .66, elems: "give|export|recover format", gap: 6, need: "ask", opts: "datadoc", not: "doc photo order"},
	{name: "export account", right: Portability, conf: .74, elems: "v:export o:account|info", gap: 5, opts: "mine", not: "order stop"},
	{name: "transfer to another", right: Portability, conf: .92, elems: "v:export|give o:data|info|photo toother", gap: 10, opts: "anyowner"},
	{name: "transfer all to another", right: Portability, conf: .8, elems: "export|give everything toother", gap: 10, need: "isent account"},
	{name: "recover data", right: Portability, conf: .66, elems: "v:recover o:data", gap: 5, opts: "mine", soft: "login"},

	// GDPR Art. 7(3).
	{name: "withdraw consent", right: Withdrawal, conf: .95, elems: "v:withdraw o:consent", gap: 12, opts: "anyowner"},
	{name: "withdrawal of consent", right: Withdrawal, conf: .93, elems: "withdrawright", soft: "third vendor"},
	{name: "no longer consent", right: Withdrawal, conf: .9, elems: "noconsent"},
	{name: "mind changed", right: Withdrawal, conf: .84, elems: "mindchanged", need: "agreed consent noconsent", opts: "needanywhere", soft: "order edit doc cooling"},
	{name: "erase consent", right: Withdrawal, conf: .6, elems: "v:erase|remove|close o:consent", gap: 4, opts: "mine"},
}

// element is one place of a compiled rule.
type element struct {
	set    conceptSet
	verb   bool
	object bool
}

// compiled is a rule ready to be matched.
type compiled struct {
	*rule
	elems                                     []element
	need, not, soft, between                  conceptSet
	hasNeed                                   bool
	gap                                       int
	ordered, negated, mine, anyOwner, anyVerb bool
	mineInfo, scope, changed, dataDoc         bool
	question, statement, needAnywhere         bool
}

var grammar = mustCompile(rules)

func mustCompile(rs []rule) []compiled {
	out := make([]compiled, 0, len(rs))
	for i := range rs {
		c, err := compile(&rs[i])
		if err != nil {
			panic(err) // the table is part of the program
		}
		out = append(out, c)
	}
	return out
}

func compile(r *rule) (compiled, error) {
	c := compiled{rule: r, gap: r.gap}
	if c.gap == 0 {
		c.gap = 7
	}
	set := func(names []string) (conceptSet, error) {
		var s conceptSet
		for _, n := range names {
			id, ok := conceptNames[n]
			if !ok {
				return s, fmt.Errorf("rule %s: no concept %q", r.name, n)
			}
			s.add(id)
		}
		return s, nil
	}
	for _, f := range strings.Fields(r.elems) {
		var e element
		if s, ok := strings.CutPrefix(f, "v:"); ok {
			f, e.verb = s, true
		}
		if s, ok := strings.CutPrefix(f, "o:"); ok {
			f, e.object = s, true
		}
		var err error
		if e.set, err = set(strings.Split(f, "|")); err != nil {
			return c, err
		}
		c.elems = append(c.elems, e)
	}
	var err error
	if c.need, err = set(strings.Fields(r.need)); err != nil {
		return c, err
	}
	c.hasNeed = !c.need.empty()
	if c.not, err = set(strings.Fields(r.not)); err != nil {
		return c, err
	}
	if c.soft, err = set(strings.Fields(r.soft)); err != nil {
		return c, err
	}
	if c.between, err = set(strings.Fields(r.between)); err != nil {
		return c, err
	}
	for _, o := range strings.Fields(r.opts) {
		switch o {
		case "ordered":
			c.ordered = true
		case "negated":
			c.negated = true
		case "mine":
			c.mine = true
		case "mineinfo":
			c.mineInfo = true
		case "anyowner":
			c.anyOwner = true
		case "anyverb":
			c.anyVerb = true
		case "datadoc":
			c.dataDoc = true
		case "changed":
			c.changed = true
		case "scope":
			c.scope = true
		case "statement":
			c.statement = true
		case "question":
			c.question = true
		case "needanywhere":
			c.needAnywhere = true
		case "adjacent":
			c.gap = 1
		default:
			return c, fmt.Errorf("rule %s: no option %q", r.name, o)
		}
	}
	return c, nil
}
