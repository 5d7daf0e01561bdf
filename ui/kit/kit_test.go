package kit

import (
	"image/color"
	"math"
	"strconv"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
)

func newApp(t testing.TB) fyne.App {
	a := test.NewTempApp(t)
	a.Settings().SetTheme(NewTheme(LookLight))
	return a
}

func luminance(c color.NRGBA) float64 {
	f := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.03928 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*f(c.R) + 0.7152*f(c.G) + 0.0722*f(c.B)
}

func contrast(a, b color.NRGBA) float64 {
	x, y := luminance(a), luminance(b)
	if x < y {
		x, y = y, x
	}
	return (x + 0.05) / (y + 0.05)
}

// over lays a colour that lets some through over another one.
func over(top, under color.NRGBA) color.NRGBA {
	mix := func(a, b uint8) uint8 {
		return uint8((int(a)*int(top.A) + int(b)*(255-int(top.A))) / 255)
	}
	return color.NRGBA{mix(top.R, under.R), mix(top.G, under.G), mix(top.B, under.B), 255}
}

// TestColoursHoldTheirContrastInBothLooks keeps WCAG 2.1 AA: 4.5:1 for text
// (1.4.3), also where nothing can be pressed or typed yet, and 3:1 for what
// shows that something is a field or has the keyboard (1.4.11).
func TestColoursHoldTheirContrastInBothLooks(t *testing.T) {
	type names = []fyne.ThemeColorName
	for _, v := range []fyne.ThemeVariant{theme.VariantLight, theme.VariantDark} {
		look := NewTheme(LookSystem)
		of := func(n fyne.ThemeColorName) color.NRGBA { return look.Color(n, v).(color.NRGBA) }
		check := func(least float64, fronts, backs, washes names) {
			t.Helper()
			for _, back := range backs {
				for _, wash := range append(names{""}, washes...) {
					b := of(back)
					if wash != "" {
						b = over(of(wash), b)
					}
					for _, front := range fronts {
						if c := contrast(over(of(front), b), b); c < least {
							t.Errorf("variant %d: %s on %s %s: %.2f, wanted %.1f", v, front, back, wash, c, least)
						}
					}
				}
			}
		}
		sheets := names{theme.ColorNameBackground, ColorCard, ColorRail, theme.ColorNameOverlayBackground, theme.ColorNameMenuBackground}
		tones := names{ColorKept, ColorAtRisk, ColorLate, ColorCannotTell, theme.ColorNameSuccess, theme.ColorNameWarning, theme.ColorNameError}
		check(4.5, append(names{theme.ColorNameForeground, theme.ColorNamePrimary, theme.ColorNameHyperlink, theme.ColorNamePlaceHolder, theme.ColorNameDisabled, ColorFaint}, tones...), sheets, nil)
		check(4.5, append(names{theme.ColorNameForeground, theme.ColorNamePrimary, ColorFaint}, tones...), sheets[:2], names{ColorChosen, theme.ColorNameSelection, theme.ColorNameHover})
		check(4.5, names{theme.ColorNameForeground, theme.ColorNamePrimary}, names{ColorRail}, names{ColorChosen, theme.ColorNameHover})
		check(4.5, names{theme.ColorNameForeground, theme.ColorNamePlaceHolder, theme.ColorNameDisabled}, names{theme.ColorNameInputBackground}, nil)
		check(4.5, names{theme.ColorNameForeground}, names{theme.ColorNameInputBackground}, names{theme.ColorNameSelection})
		check(4.5, names{theme.ColorNameForeground}, names{theme.ColorNameButton}, names{theme.ColorNameHover, theme.ColorNamePressed, theme.ColorNameFocus})
		check(3, names{ColorLate}, names{theme.ColorNameButton}, names{theme.ColorNameHover, theme.ColorNameFocus}) // a bin on a button
		check(4.5, names{theme.ColorNameDisabled}, names{theme.ColorNameDisabledButton}, nil)
		check(4.5, names{theme.ColorNameForeground, ColorFaint, ColorLate}, names{ColorLateWash}, nil)
		check(4.5, names{theme.ColorNameForeground, ColorFaint}, names{ColorDemoWash}, nil)
		check(4.5, names{theme.ColorNameForeground}, names{ColorMarker}, nil)
		check(4.5, names{theme.ColorNameForegroundOnPrimary}, names{theme.ColorNamePrimary}, nil)
		check(4.5, names{theme.ColorNameForegroundOnSuccess}, names{theme.ColorNameSuccess}, nil)
		check(4.5, names{theme.ColorNameForegroundOnWarning}, names{theme.ColorNameWarning}, nil)
		check(4.5, names{theme.ColorNameForegroundOnError}, names{theme.ColorNameError}, nil)
		check(3, names{theme.ColorNameInputBorder}, append(sheets[:4:4], theme.ColorNameInputBackground), nil)
		check(3, names{ColorHoldFocus}, append(sheets[:4:4], theme.ColorNameInputBackground, theme.ColorNameButton), nil)
		check(3, names{theme.ColorNameForeground}, sheets[:4], nil) // the ring of a filled button
		check(3, append(names{}, tones...), names{ColorBarTrack}, nil)
	}
}

func TestTheThemeIsWhole(t *testing.T) {
	newApp(t)
	for _, look := range []Look{LookSystem, LookLight, LookDark} {
		test.AssertAllColorNamesDefined(t, NewTheme(look), string(look))
	}
	dark := NewTheme(LookDark).Color(theme.ColorNameBackground, theme.VariantLight)
	if dark != NewTheme(LookSystem).Color(theme.ColorNameBackground, theme.VariantDark) {
		t.Error("a chosen look still follows the system")
	}
}

func TestOutsideTextIsCleaned(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"control characters go", "a\x00b\x1b[31m", "ab[31m"},
		{"marks that turn the direction go", "gpj\u202eexe", "gpjexe"},
		{"invalid bytes are replaced", "a\xffb", "a\uFFFDb"},
		{"line breaks become spaces", "a\r\nb\u2028c", "a b c"},
		{"tabs become spaces", "a\tb", "a b"},
	} {
		if got := Line(c.in, 100); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if got := Line(strings.Repeat("x", 100_000), 10); got != "xxxxxxxxx…" {
		t.Errorf("a long line becomes %q", got)
	}
	for _, l := range strings.Split(Clip(strings.Repeat("y", 5000), 1000, 80), "\n") {
		if len([]rune(l)) > 81 {
			t.Errorf("a line of %d characters", len([]rune(l)))
		}
	}
}

func TestTextIsWrappedWithItsMarksInPlace(t *testing.T) {
	of := func(rune) float32 { return 1 }
	text := "Je veux que mes photos soient effacées.\nMerci"
	start := strings.Index(text, "mes photos")
	lines := wrapText(text, []Stretch{{Start: start, End: start + len("mes photos soient"), Marked: true}}, 20, of)
	var all, marked []string
	for _, l := range lines {
		var b strings.Builder
		for _, p := range l {
			b.WriteString(p.text)
			if p.marked {
				marked = append(marked, p.text)
			}
		}
		if n := len([]rune(b.String())); n > 20 {
			t.Errorf("a line of %d: %q", n, b.String())
		}
		all = append(all, strings.TrimSpace(b.String()))
	}
	if got := strings.Join(all, "|"); got != "Je veux que mes|photos soient|effacées.|Merci" {
		t.Errorf("wrapped as %q", got)
	}
	if got := strings.Join(marked, "|"); !strings.Contains(got, "mes") || !strings.Contains(got, "photos soient") {
		t.Errorf("marked %q", got)
	}
}

func FuzzWrapping(f *testing.F) {
	f.Add("Bonjour, effacez mes photos", 3, 9)
	f.Add("\xff\u202e\n\n\t", 0, 2)
	f.Add(strings.Repeat("a", 300), -1, 1000)
	f.Fuzz(func(t *testing.T, text string, a, b int) {
		lines := wrapText(text, []Stretch{{Start: a, End: b, Marked: true}, {Start: b, End: a, Faint: true}}, 12, func(rune) float32 { return 1 })
		for _, l := range lines {
			var n int
			for _, p := range l {
				n += len([]rune(p.text))
				if strings.ContainsAny(p.text, "\n\x00\u202e") {
					t.Fatalf("unclean piece %q", p.text)
				}
			}
			if n > 12 {
				t.Fatalf("a line of %d", n)
			}
		}
	})
}

func numbers(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func numberTable(n int) *Table[int] {
	t := NewTable([]Column[int]{{Label: "n", Width: 80, Grow: 1, Text: func(i int) string { return strings.Repeat("x", i%40) }, Less: func(a, b int) bool { return a < b }}})
	t.SetRows(numbers(n))
	return t
}

func TestATableIsWalkedAndOpenedByKeyboard(t *testing.T) {
	newApp(t)
	table := numberTable(100)
	w := test.NewTempWindow(t, table.Object)
	w.Resize(fyne.NewSize(400, 300))
	opened := -1
	table.OnOpen = func(i int) { opened = i }
	w.Canvas().Focus(table.Focusable())
	press := func(k fyne.KeyName) { w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: k}) }
	press(fyne.KeyDown)
	press(fyne.KeyDown)
	press(fyne.KeyDown)
	press(fyne.KeyUp)
	press(fyne.KeyReturn)
	if opened != 1 {
		t.Errorf("opened %d", opened)
	}
	press(fyne.KeyEnd)
	press(fyne.KeyReturn)
	if opened != 99 {
		t.Errorf("End opens %d", opened)
	}
}

func TestAHeaderSortsAndTurnsAround(t *testing.T) {
	newApp(t)
	table := numberTable(10)
	table.Sort(0)
	if table.Row(0) != 0 {
		t.Errorf("first row %d", table.Row(0))
	}
	table.Sort(0)
	if table.Row(0) != 9 {
		t.Errorf("first row %d after turning around", table.Row(0))
	}
}

func TestTabsTakeTheKeyboard(t *testing.T) {
	newApp(t)
	tabs := NewTabs(Tab{Word: "a", Content: Label("1")}, Tab{Word: "idle", Content: Label("3"), Idle: true}, Tab{Word: "b", Content: Label("2")})
	w := test.NewTempWindow(t, tabs.Object)
	w.Canvas().Focus(tabs.heads[0])
	w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
	if tabs.Selected() != 2 {
		t.Error("Right does not show the next page")
	}
}

func TestADialogCannotBeHigherThanItsWindow(t *testing.T) {
	newApp(t)
	w := test.NewTempWindow(t, Label("x"))
	w.Resize(fyne.NewSize(900, 600))
	var parts []fyne.CanvasObject
	for range 80 {
		parts = append(parts, Words("a sentence"))
	}
	d := NewDialog(w.Canvas(), "title", 400, Down(0, parts...), "close", nil)
	d.Show()
	if h := d.popup.Content.MinSize().Height; h > 600 {
		t.Errorf("the dialog is %v high", h)
	}
	if !Escape(w.Canvas()) || Escape(w.Canvas()) {
		t.Error("Esc does not close exactly one dialog")
	}
}

func BenchmarkTableRefreshAt100000Rows(b *testing.B) {
	newApp(b)
	table := numberTable(100_000)
	w := test.NewTempWindow(b, table.Object)
	w.Resize(fyne.NewSize(1200, 800))
	table.list.ScrollToBottom()
	for b.Loop() {
		table.list.Refresh()
	}
}

func BenchmarkWrappingAHostileMail(b *testing.B) {
	newApp(b)
	text := strings.Repeat("supprimez ", 26_000)
	m := newMeasure(14)
	for b.Loop() {
		wrapText(text, nil, 700, m.of)
	}
}

func outline(open bool, leaves int) (*Outline, *Node) {
	root := &Node{Words: "root", Open: open}
	for b := range 2 {
		branch := &Node{Words: "branch", Open: open}
		for range leaves {
			branch.Children = append(branch.Children, &Node{Words: "uploads/1042/IMG_2001.jpg", Box: true, On: b == 0, Tail: true})
		}
		root.Children = append(root.Children, branch)
	}
	o := NewOutline(0.5)
	o.Set(root)
	return o, root
}

func TestABranchOfAnOutlineTicksItsLeavesAndCountsThem(t *testing.T) {
	newApp(t)
	o, root := outline(true, 3)
	ticks := 0
	o.OnTicked = func() { ticks++ }
	if total, on := root.Boxes(); total != 6 || on != 3 {
		t.Fatalf("%d of %d are ticked at first", on, total)
	}
	o.Tick(root) // some are: all
	if _, on := root.Boxes(); on != 6 {
		t.Errorf("%d are ticked", on)
	}
	o.Tick(root.Children[1].Children[2])
	if _, on := root.Boxes(); on != 5 {
		t.Errorf("%d are ticked after one was taken away", on)
	}
	if _, on := root.Children[1].Boxes(); on != 2 {
		t.Errorf("its branch counts %d", on)
	}
	if ticks != 2 {
		t.Errorf("told %d times", ticks)
	}
}

func TestAnOutlineIsWorkedByKeyboardAlone(t *testing.T) {
	a := newApp(t)
	o, root := outline(false, 2)
	w := a.NewWindow("outline")
	defer w.Close()
	w.SetContent(o.Object)
	w.Resize(fyne.NewSize(500, 400))
	press := func(keys ...fyne.KeyName) {
		for _, k := range keys {
			o.Focusable().TypedKey(&fyne.KeyEvent{Name: k})
		}
	}
	press(fyne.KeyDown, fyne.KeyRight, fyne.KeyDown, fyne.KeyReturn, fyne.KeyDown, fyne.KeySpace)
	if o.Rows() != 5 {
		t.Fatalf("%d lines are unfolded", o.Rows())
	}
	if first := root.Children[0].Children[0]; first.On {
		t.Error("Space did not take the tick away")
	}
	press(fyne.KeyLeft, fyne.KeyLeft)
	if o.Rows() != 3 {
		t.Errorf("Left did not fold: %d lines", o.Rows())
	}
}

func TestAnOutlineOfManyLinesDrawsOnlyWhatIsSeen(t *testing.T) {
	a := newApp(t)
	o, root := outline(true, 50_000)
	w := a.NewWindow("outline")
	defer w.Close()
	w.SetContent(o.Object)
	w.Resize(fyne.NewSize(500, 400))
	if o.Rows() != 100_003 {
		t.Fatalf("%d lines", o.Rows())
	}
	if n := len(test.LaidOutObjects(w.Content())); n > 400 {
		t.Errorf("%d objects are drawn", n)
	}
	o.Focusable().TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
	o.Tick(root)
	if _, on := root.Boxes(); on != 100_000 {
		t.Errorf("%d are ticked", on)
	}
}

func TestANameIsCutAtItsBeginning(t *testing.T) {
	newApp(t)
	if s := cutFront("uploads/1042/IMG_2001.jpg", 90, 14); !strings.HasPrefix(s, "…") || !strings.HasSuffix(s, "01.jpg") {
		t.Errorf("%q", s)
	}
	if s := cutFront("a.jpg", 300, 14); s != "a.jpg" {
		t.Errorf("%q", s)
	}
	if s := cutFront(strings.Repeat("x", 5000), 3, 14); s != "" {
		t.Errorf("%q", s)
	}
}

func TestRowsAreTickedByTheirBoxBySpaceAndAllAtOnce(t *testing.T) {
	test.NewTempApp(t)
	table := NewTickTable([]Column[string]{{Label: "Name", Width: 100, Grow: 1, Text: func(s string) string { return s }, Less: func(a, b string) bool { return a > b }}})
	opened, changes := "", 0
	table.OnOpen = func(s string) { opened = s }
	table.OnTicked = func() { changes++ }
	table.SetRows([]string{"a", "b", "c"})
	w := test.NewTempWindow(t, table.Object)
	w.Resize(fyne.NewSize(400, 300))
	row := newRowView(table.layout, 2)
	table.fill(1, row)
	row.Tapped(&fyne.PointEvent{Position: fyne.NewPos(10, 5)})
	if got := table.Ticked(); len(got) != 1 || got[0] != "b" || opened != "" {
		t.Fatalf("a tap on the box: ticked %v, opened %q", got, opened)
	}
	row.Tapped(&fyne.PointEvent{Position: fyne.NewPos(80, 5)})
	if opened != "b" {
		t.Errorf("a tap beside the box opens %q", opened)
	}
	table.Select(0)
	table.list.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	if got := table.Ticked(); len(got) != 2 {
		t.Errorf("Space: %v", got)
	}
	table.Sort(1)
	if got := table.Ticked(); len(got) != 2 || got[0] != "a" || got[1] != "b" {
		t.Errorf("sorting moved the ticks: %v", got)
	}
	table.heads[0].Tapped(nil)
	if got := table.Ticked(); len(got) != 3 || !table.heads[0].ticked {
		t.Errorf("all: %v", got)
	}
	table.heads[0].Tapped(nil)
	if got := table.Ticked(); len(got) != 0 || changes != 4 {
		t.Errorf("none: %v after %d changes", got, changes)
	}
	table.Tick(0)
	table.SetRows([]string{"d"})
	if got := table.Ticked(); len(got) != 0 {
		t.Errorf("a tick outlives its row: %v", got)
	}
}

func TestEachKeyThatIsListedDoesSomething(t *testing.T) {
	a := test.NewTempApp(t)
	a.Settings().SetTheme(NewTheme(LookLight))
	for _, k := range TableKeys() {
		for _, name := range k.Names {
			did := 0
			table := NewTickTable([]Column[int]{{Label: "n", Width: 60, Text: func(n int) string { return "=" + strconv.Itoa(n) }}})
			table.OnSelect = func(int) { did++ }
			table.OnOpen = func(int) { did++ }
			table.OnTicked = func() { did++ }
			w := test.NewTempWindow(t, table.Object)
			w.Resize(fyne.NewSize(400, 300))
			table.SetRows([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
			table.Select(5)
			if text := table.Copied(); text != "'=5" {
				t.Errorf("copied is %q: it would be a formula", text)
			}
			before := did
			table.Focusable().TypedKey(&fyne.KeyEvent{Name: name})
			if did == before {
				t.Errorf("%s does not %s", name, k.Does)
			}
		}
	}
	chose := -1
	chips := NewChips([]string{"a", "b", "c"}, func(i int) { chose = i })
	w := test.NewTempWindow(t, chips.Object)
	w.Canvas().Focus(chips.Focusable())
	for i, want := range []int{1, 2, 2} {
		w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
		if chose != want || w.Canvas().Focused() != chips.Focusable() {
			t.Errorf("after %d times Right %d is chosen", i+1, chose)
		}
	}
	w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if w.Canvas().Focused() != nil {
		t.Error("Esc does not leave")
	}
}

func TestManyRowsAreSortedAside(t *testing.T) {
	test.NewTempApp(t)
	table := NewTable([]Column[int]{{Label: "n", Text: strconv.Itoa, Less: func(a, b int) bool { return a < b }}})
	var home []func()
	table.Aside = func(work, then func()) { work(); home = append(home, then) }
	rows := make([]int, 6000)
	for i := range rows {
		rows[i] = len(rows) - i
	}
	table.SetRows(rows)
	table.Sort(0)
	if table.Row(0) != 6000 {
		t.Error("sorted before it came home")
	}
	table.Sort(0) // the other way round, before the first one came home
	for _, then := range home {
		then()
	}
	if table.Row(0) != 6000 || table.Row(5999) != 1 || len(home) != 2 {
		t.Errorf("%d stands first after %d sortings", table.Row(0), len(home))
	}
	table.SetRows([]int{3, 1, 2})
	if table.Row(0) != 3 {
		t.Error("few rows are not sorted at once")
	}
}

func TestAColumnGivesWhatItDoesNotNeedAndASpareOneGoesFirst(t *testing.T) {
	l := &columnsLayout{width: []float32{100, 100, 80}, grow: []float32{0, 2, 0}, need: []float32{60, 300, 120}, spare: []bool{false, false, true}}
	for _, tc := range []struct {
		name  string
		total float32
		least []float32
	}{
		{"all have what they need", 600, []float32{60, 300, 120}},
		{"what grows is cut, a date is not", 400, []float32{60, 100, 120}},
		{"no room for the spare one", 250, []float32{60, 100, -1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var sum float32
			got := l.widths(tc.total)
			for i, w := range got {
				sum += max(w, 0)
				if w < tc.least[i]-0.5 || tc.least[i] < 0 && w >= 0 {
					t.Errorf("%v, wanted at least %v", got, tc.least)
				}
			}
			if sum < tc.total-1 || sum > tc.total+1 {
				t.Errorf("%v fills %.0f of %.0f", got, sum, tc.total)
			}
		})
	}
}
