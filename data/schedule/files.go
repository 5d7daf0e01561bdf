package schedule

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
)

// unitWord quotes a word of ExecStart (systemd.service(5), systemd.syntax(7)):
// in double quotes, with what would be a specifier or a variable doubled.
func unitWord(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%", "$", "$$").Replace(s) + `"`
}

func serviceUnit(e Entry) []byte {
	var words []string
	for _, w := range e.Words() {
		words = append(words, unitWord(w))
	}
	env := ""
	if e.KeyEnv != "" {
		env = "PassEnvironment=" + e.KeyEnv + "\n"
	}
	return fmt.Appendf(nil, `# Written by Greffier; removed with: greffier schedule remove
[Unit]
Description=Greffier retention sweep
Documentation=man:greffier(1)

[Service]
Type=oneshot
%sExecStart=%s
Nice=10
UMask=0077
TimeoutStartSec=6h
`, env, strings.Join(words, " "))
}

// timerUnit runs each night, and after a night in which the machine slept as
// soon as it is awake.
func timerUnit(e Entry) []byte {
	return fmt.Appendf(nil, `# Written by Greffier; removed with: greffier schedule remove
[Unit]
Description=Greffier retention sweep each night

[Timer]
OnCalendar=*-*-* %02d:%02d:00
Persistent=true
RandomizedDelaySec=10m

[Install]
WantedBy=timers.target
`, e.Hour, e.Minute)
}

// shellWord quotes a word for sh, and a percent sign for cron, which ends the
// command at one (crontab(5)).
func shellWord(s string) string {
	return strings.ReplaceAll("'"+strings.ReplaceAll(s, "'", `'\''`)+"'", "%", `\%`)
}

func markBegin(e Entry) string { return "# BEGIN " + e.Name() }
func markEnd(e Entry) string   { return "# END " + e.Name() }

// cronBlock is the managed block of a crontab. A machine that slept at the hour
// does it when the program is started next.
func cronBlock(e Entry) []byte {
	var words []string
	for _, w := range e.Words() {
		words = append(words, shellWord(w))
	}
	return fmt.Appendf(nil, "%s (written by Greffier; removed with: greffier schedule remove)\n%d %d * * * %s\n%s\n", markBegin(e), e.Minute, e.Hour, strings.Join(words, " "), markEnd(e))
}

// splitBlock takes the block of an entry out of a crontab: what is left, to the
// byte, and the block. ok is false where the block has no end: then nothing is
// known of where it ends, and nothing may be taken out.
func splitBlock(crontab []byte, e Entry) (rest, block []byte, ok bool) {
	inside := false
	for line := range bytes.Lines(crontab) {
		word := strings.TrimSpace(string(line))
		switch {
		case !inside && (word == markBegin(e) || strings.HasPrefix(word, markBegin(e)+" ")):
			inside = true
			block = append(block, line...)
		case inside:
			block = append(block, line...)
			inside = word != markEnd(e)
		default:
			rest = append(rest, line...)
		}
	}
	if inside {
		return crontab, nil, false
	}
	return rest, block, true
}

// withBlock puts a block at the end of a crontab in place of an older one; nil
// takes it out.
func withBlock(crontab []byte, e Entry, block []byte) ([]byte, error) {
	rest, _, ok := splitBlock(crontab, e)
	if !ok {
		return nil, fmt.Errorf("%w: the block of Greffier has no end in the crontab", ErrRefused)
	}
	if len(block) == 0 {
		return rest, nil
	}
	if len(rest) > 0 && !bytes.HasSuffix(rest, []byte("\n")) {
		rest = append(rest, '\n')
	}
	return append(rest, block...), nil
}

// crontab reads the user's crontab; one that was never made is empty.
func (s System) crontab(ctx context.Context) ([]byte, error) {
	out, err := s.Run(ctx, nil, "crontab", "-l")
	if err == nil {
		return out, nil
	}
	// Every cron says so in these words and with status 1.
	if strings.Contains(strings.ToLower(err.Error()), "no crontab") {
		return nil, nil
	}
	// Whatever else went wrong: an empty one must not take the place of hers.
	return nil, fmt.Errorf("%w: %w", ErrRefused, err)
}

func (s System) changeCrontab(ctx context.Context, e Entry, block []byte) error {
	old, err := s.crontab(ctx)
	if err != nil {
		return err
	}
	next, err := withBlock(old, e, block)
	if err != nil || bytes.Equal(next, old) {
		return err
	}
	if _, err := s.Run(ctx, next, "crontab", "-"); err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return nil
}

func label(e Entry) string { return "app." + e.Name() }

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder takes everything
	return b.String()
}

// agent is a launchd agent (launchd.plist(5)): it runs after waking where the
// machine slept at the hour.
func agent(e Entry) []byte {
	var words strings.Builder
	for _, w := range e.Words() {
		fmt.Fprintf(&words, "    <string>%s</string>\n", escaped(w))
	}
	return fmt.Appendf(nil, `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>%s</string>
  <key>ProgramArguments</key>
  <array>
%s  </array>
  <key>StartCalendarInterval</key>
  <dict>
    <key>Hour</key>
    <integer>%d</integer>
    <key>Minute</key>
    <integer>%d</integer>
  </dict>
  <key>ProcessType</key>
  <string>Background</string>
  <key>Umask</key>
  <integer>63</integer>
</dict>
</plist>
`, escaped(label(e)), words.String(), e.Hour, e.Minute)
}

// windowsWord quotes a word as Windows programs split their command line.
func windowsWord(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	slashes := 0
	for _, r := range s {
		switch r {
		case '\\':
			slashes++
		case '"':
			b.WriteString(strings.Repeat(`\`, slashes+1))
			slashes = 0
		default:
			slashes = 0
		}
		b.WriteRune(r)
	}
	b.WriteString(strings.Repeat(`\`, slashes))
	b.WriteByte('"')
	return b.String()
}

// task is a task of the Windows Task Scheduler, in UTF-16 as schtasks reads it.
// It runs as soon as it can where the machine slept at the hour.
func task(e Entry) []byte {
	words := e.Words()
	var args []string
	for _, w := range words[1:] {
		args = append(args, windowsWord(w))
	}
	text := fmt.Sprintf(`<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>Greffier retention sweep</Description>
  </RegistrationInfo>
  <Triggers>
    <CalendarTrigger>
      <StartBoundary>2026-01-01T%02d:%02d:00</StartBoundary>
      <Enabled>true</Enabled>
      <ScheduleByDay>
        <DaysInterval>1</DaysInterval>
      </ScheduleByDay>
    </CalendarTrigger>
  </Triggers>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <ExecutionTimeLimit>PT6H</ExecutionTimeLimit>
  </Settings>
  <Actions>
    <Exec>
      <Command>%s</Command>
      <Arguments>%s</Arguments>
    </Exec>
  </Actions>
</Task>
`, e.Hour, e.Minute, escaped(words[0]), escaped(strings.Join(args, " ")))
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(strings.ReplaceAll(text, "\n", "\r\n"))) {
		out = append(out, byte(u), byte(u>>8))
	}
	return out
}

func fromUTF16(b []byte) string {
	b = bytes.TrimPrefix(b, []byte{0xff, 0xfe})
	us := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		us = append(us, uint16(b[i])|uint16(b[i+1])<<8)
	}
	return string(utf16.Decode(us))
}

var (
	hourWords = map[string]*regexp.Regexp{
		Systemd:  regexp.MustCompile(`OnCalendar=\*-\*-\* (\d\d):`),
		Cron:     regexp.MustCompile(`(?m)^\d+ (\d+) \* \* \* `),
		Launchd:  regexp.MustCompile(`<key>Hour</key>\s*<integer>(\d+)<`),
		Schtasks: regexp.MustCompile(`<StartBoundary>\d+-\d+-\d+T(\d\d):`),
	}
	keyWord = regexp.MustCompile(`--key-env\W+?(?:string>)?\W*?([A-Za-z_][A-Za-z0-9_]*)`)
)

func readable(kind string, text []byte) string {
	if kind == Schtasks {
		return strings.ReplaceAll(fromUTF16(text), "&#34;", `"`)
	}
	return string(text)
}

func hourOf(kind string, text []byte) int {
	m := hourWords[kind].FindStringSubmatch(readable(kind, text))
	if m == nil {
		return -1
	}
	n, err := strconv.Atoi(m[1])
	if err != nil || n > 23 {
		return -1
	}
	return n
}

func keyEnvOf(kind string, text []byte) string {
	// In a plist the value is the next string.
	plain := strings.NewReplacer("</string>", " ", "<string>", " ").Replace(readable(kind, text))
	if m := keyWord.FindStringSubmatch(plain); m != nil {
		return m[1]
	}
	return ""
}
