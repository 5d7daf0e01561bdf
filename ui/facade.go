package ui

import (
	"context"

	"greffier/app"
	"greffier/app/cases"
	"greffier/app/law"
	"greffier/app/mailbox"
	"greffier/app/plan"
	"greffier/app/register"
	"greffier/app/request"
)

// Facade is everything that the window asks of the program: the seam between
// screen and decisions. *app.App has these methods; the tests have a small one
// of their own. Every method may be called on any goroutine; those marked slow
// look into storages or mailboxes and are never called on the window's own.
type Facade interface {
	Info() app.ProfileInfo
	SetLang(ctx context.Context, lang string) error   // "fr" | "en", remembered in the profile
	SetTheme(ctx context.Context, theme string) error // "system" | "light" | "dark"
	SaveController(ctx context.Context, c register.Controller) error
	Today(ctx context.Context) (app.Today, error)
	Requests(ctx context.Context) ([]app.CaseRow, error)                 // all cases, most urgent first
	Mails(ctx context.Context, kind request.Kind) ([]app.MailRow, error) // ToCheck, Ordinary or Request
	Mail(ctx context.Context, id int64) (app.MessageView, error)
	CorrectVerdict(ctx context.Context, mail int64, rights []request.Right) (cases.ID, error) // none = not a request; some = open a case
	Case(ctx context.Context, id cases.ID) (app.CaseView, error)
	Act(ctx context.Context, id cases.ID, act cases.Act, in cases.Input) error
	DraftLetter(ctx context.Context, id cases.ID, kind, lang string) (cases.Letter, error) // fills a template from the facts; not saved
	SaveLetter(ctx context.Context, id cases.ID, l cases.Letter) error                     // keeps the owner's text
	PutInDrafts(ctx context.Context, id cases.ID, l cases.Letter) error                    // saves it and puts it into the mailbox's Drafts folder
	MarkSent(ctx context.Context, id cases.ID, kind string) error                          // the owner says that she sent it
	Orders(ctx context.Context) ([]app.OrderRow, error)
	Order(ctx context.Context, id int64) (app.OrderView, error) // looks into the storages: slow
	Orphans(ctx context.Context) ([]app.Orphan, error)          // slow
	PlaceHold(ctx context.Context, order int64, reason string, until law.Date) error
	LiftHold(ctx context.Context, hold int64) error
	PlanCase(ctx context.Context, id cases.ID) (plan.Plan, error)                                                        // slow
	PlanOrder(ctx context.Context, order int64) (plan.Plan, error)                                                       // slow
	PlanOrphans(ctx context.Context) (plan.Plan, error)                                                                  // slow
	Look(ctx context.Context, report func(done, total int, note string)) error                                           // remembers what the storages hold; slow
	Retention(ctx context.Context, at law.Date) (app.RetentionView, error)                                               // slow; zero date = today
	Erase(ctx context.Context, p plan.Plan, hash string, report func(done, total int, note string)) (app.RunView, error) // runs the confirmed plan
	ResumeErasure(ctx context.Context, report func(done, total int, note string)) ([]app.RunView, error)
	Runs(ctx context.Context) ([]app.RunView, error) // newest first
	Run(ctx context.Context, id int64) (app.RunView, error)
	PrintCertificate(ctx context.Context, run int64, lang string) (path string, err error)
	Registers(ctx context.Context, lang string) ([]app.RegisterCard, error)
	Document(ctx context.Context, name register.Name, lang string) (register.Document, error) // for the preview
	Activities(ctx context.Context) ([]register.Activity, error)
	SaveActivity(ctx context.Context, a register.Activity) error
	Processors(ctx context.Context) ([]register.Processor, error)
	SaveProcessor(ctx context.Context, p register.Processor) error
	Breaches(ctx context.Context) ([]register.Breach, error)
	SaveBreach(ctx context.Context, x register.Breach) error
	Trackers(ctx context.Context) ([]register.Tracker, error)
	SaveTracker(ctx context.Context, x register.Tracker) error
	Consents(ctx context.Context) ([]register.Consent, error)
	SaveConsent(ctx context.Context, x register.Consent) error
	Policies(ctx context.Context) ([]register.PolicyVersion, error)
	SavePolicy(ctx context.Context, x register.PolicyVersion) error
	Rules(ctx context.Context) ([]register.Rule, error)
	SaveRule(ctx context.Context, r register.Rule) error
	Promises(ctx context.Context, lang string) ([]app.PromiseRow, error) // may look into the storages: slow
	Journal(ctx context.Context, limit int) ([]app.JournalLine, error)   // newest first
	Verify(ctx context.Context) (app.VerifyReport, error)
	Backup(ctx context.Context, path string) error
	Sync(ctx context.Context, orders, mail bool, report func(done, total int, note string)) (app.SyncReport, error)
	Services(ctx context.Context) ([]app.Service, error)                      // as last seen
	CheckService(ctx context.Context, kind, name string) (app.Service, error) // live test

	// Where the photos are, and which column of a shop's file is what.
	StorageNames() []string
	MetaFields(ctx context.Context) ([]string, error)                                                                   // fields of the shops' records that hold references
	Locate(ctx context.Context, ls []plan.Locator, report func(done, total int, note string)) (app.LocateReport, error) // slow; nothing is kept
	SaveLocators(ctx context.Context, ls []plan.Locator) error
	MappedShops() []string // the shops that are files with columns
	ShopColumns(ctx context.Context, shop string) (app.ColumnsView, error)
	SaveColumns(ctx context.Context, shop string, mapping map[string]string) error

	// A person across orders, a part of a plan, a product of an order.
	PersonOrders(ctx context.Context, order int64) ([]app.PersonOrder, error)
	PlanPerson(ctx context.Context, orders []int64) (plan.Plan, error)             // slow
	NarrowPlan(ctx context.Context, p plan.Plan, only []string) (plan.Plan, error) // the same scope, only these keys; slow
	KeysOfLine(ctx context.Context, p plan.Plan, order int64, line string) ([]string, error)

	// Erasures that wait for their cooling-off to end.
	CoolingHours() int
	SetCoolingHours(ctx context.Context, hours int) error
	Schedule(ctx context.Context, p plan.Plan, hash string) (app.Cooling, error)
	Coolings(ctx context.Context) ([]app.Cooling, error)
	CancelCooling(ctx context.Context, id string) error
	RunCooling(ctx context.Context, id string, report func(done, total int, note string)) (app.RunView, error) // now, without waiting; slow
	RetryRun(ctx context.Context, run int64, report func(done, total int, note string)) (app.RunView, error)   // what is left, now; slow
	Tick(ctx context.Context) error                                                                            // what has become due by itself; once a minute; slow

	// Recipients to be told of an erasure (GDPR Art. 19).
	Notices(ctx context.Context, id cases.ID) ([]app.NoticeRow, error)      // 0 = all that are open
	TellRecipients(ctx context.Context, run int64) error                    // makes the notices of a run of the owner's own hand
	DraftNotice(ctx context.Context, id, lang string) (cases.Letter, error) // the letter, or the reminder once it was sent
	PutNoticeInDrafts(ctx context.Context, id string, l cases.Letter) error
	MarkNoticeSent(ctx context.Context, id string) error
	AnswerNotice(ctx context.Context, id, answer, note string) error
	SpareNotice(ctx context.Context, id, reason string) error // impossible or disproportionate; the reason stays on file
	ReminderDays() int
	SetReminderDays(ctx context.Context, days int) error

	// The mailbox: what triage said and what she says of it, and mail that goes out.
	ReadMail(ctx context.Context, id int64) (app.MessageView, error)   // ordinary mail is read again from the mailbox: slow
	RestoreVerdict(ctx context.Context, mail int64) (cases.ID, error)  // takes a correction back; the case that is open again, or 0
	CheckPercent() int                                                 // from which confidence a mail is shown as one to check
	SetCheckPercent(ctx context.Context, percent int) error            // 3 to what makes a request
	CanSend() bool                                                     // letters can be sent by Greffier itself
	SendLetter(ctx context.Context, id cases.ID, l cases.Letter) error // on her click; slow
	SettleSending(ctx context.Context, id cases.ID, kind string, went bool) error
	Challenge(ctx context.Context, id cases.ID) (cases.Letter, error)                                                          // a one-time code for the address on file; its letter is kept, not sent
	DropDocuments(ctx context.Context, mail int64) error                                                                       // the copy of an identity document
	Watch(ctx context.Context, report app.Report) error                                                                        // reads new mail as it comes; until ctx ends
	Watching() bool                                                                                                            // new mail is seen at once now
	MailProviders() []mailbox.Provider                                                                                         // nil where the mailbox cannot be set up
	MailAccount() (mailbox.Account, bool)                                                                                      // as it is kept
	DiscoverMail(ctx context.Context, address string) ([]mailbox.Found, error)                                                 // slow
	TryMail(ctx context.Context, a mailbox.Account, s mailbox.Secret) (mailbox.Looked, error)                                  // slow; nothing is kept
	SignInMail(ctx context.Context, a mailbox.Account, clientSecret string, show func(mailbox.Prompt)) (mailbox.Secret, error) // slow
	SaveMail(ctx context.Context, a mailbox.Account, s mailbox.Secret) error

	AgendaFacade
	CopyFacade
	DossierFacade
	EffectFacade
	CaseworkFacade
	WordingFacade
	RegisterFacade
	RulesFacade
	SweepFacade
	BoardFacade
	VaultFacade
	ProofFacade
	FirstRunFacade

	OnChange(func()) // called on any goroutine after something changed
}
