package watch

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// redraw is how often the table is drawn.
const redraw = 500 * time.Millisecond

// A Top is a live table of virtual routers. It takes the whole screen, and at
// the end gives that back with the table below what was there; without a screen
// the table is written once, at the end.
type Top struct {
	Out io.Writer
	// Screen is the terminal that Out leads to; nil is none.
	Screen Screen
	// Color colours it.
	Color bool

	on     bool      // the screen is taken
	drawn  time.Time // when it was last
	counts map[Router]uint64
	rates  map[Router]float64
}

// A Screen is a terminal that is drawn on.
type Screen interface {
	// Open takes it, and Close gives it back as it was.
	Open() error
	Close() error
	// Rows is how many lines it has room for.
	Rows() int
	// Draw shows a text in place of the one before. What is too wide is cut.
	Draw(text []byte) error
}

// next is when to draw.
func (t *Top) next() time.Time {
	if t.Screen == nil {
		return never
	}
	return t.drawn.Add(redraw)
}

// begin takes the screen.
func (t *Top) begin() error {
	if t.Screen == nil {
		return nil
	}
	t.on = true
	return t.Screen.Open()
}

// draw draws the table if it is time.
func (t *Top) draw(o *Observer, now time.Time) error {
	if !t.on || now.Before(t.next()) && !now.Before(t.drawn) {
		return nil
	}
	rows := o.Statuses()
	t.measure(rows, now)
	t.drawn = now
	return t.Screen.Draw(t.text(t.table(rows, now, max(t.Screen.Rows()-1, 1))))
}

// finish gives the screen back and leaves the table.
func (t *Top) finish(o *Observer) error {
	if t.on {
		t.on = false
		if err := t.Screen.Close(); err != nil {
			return fmt.Errorf("leave the screen: %w", err)
		}
	}
	_, err := t.Out.Write(t.text(t.table(o.Statuses(), o.Now(), 0)))
	return err
}

// settling is how long a rate is that over the whole time, before it is that of
// late.
const settling = 10 * time.Second

// measure takes the rates of adverts.
func (t *Top) measure(rows []Status, now time.Time) {
	passed := now.Sub(t.drawn)
	rates, counts := map[Router]float64{}, map[Router]uint64{}
	for i := range rows {
		r := &rows[i]
		counts[r.Router] = r.Adverts
		rate := average(r, now)
		if before, known := t.counts[r.Router]; known && passed > 0 && now.Sub(r.First) > settling {
			// Smoothed: at one advert a second most draws have none.
			late := float64(r.Adverts-before) / passed.Seconds()
			rate = t.rates[r.Router] + (late-t.rates[r.Router])/8
		}
		rates[r.Router] = rate
	}
	t.rates, t.counts = rates, counts
}

// average is the rate over the whole time.
func average(r *Status, now time.Time) float64 {
	if d := now.Sub(r.First); d > 0 && r.Adverts > 1 {
		return float64(r.Adverts) / d.Seconds()
	}
	return 0
}

// A line of the table, and what it is coloured.
type line struct{ text, color string }

// text is what the lines are on a terminal.
func (t *Top) text(lines []line) []byte {
	var b []byte
	for _, l := range lines {
		if t.Color && l.color != "" {
			b = append(append(append(b, l.color...), l.text...), plain...)
		} else {
			b = append(b, l.text...)
		}
		b = append(b, '\n')
	}
	return b
}

var heads = []string{"INTERFACE", "VRID", "FAMILY", "STATE", "FOR", "MASTER", "PRIO", "ADVERTS/S", "MISSED", "JITTER", "VIPS", "LAST EVENT"}

// table is the table, of a number of lines at most; 0 is any.
func (t *Top) table(rows []Status, now time.Time, most int) []line {
	hidden := 0
	if most > 0 && len(rows)+2 > most {
		show := max(most-3, 0)
		rows = slices.Clone(rows)
		slices.SortStableFunc(rows, func(a, b Status) int { return cmp.Compare(b.State, a.State) }) // the gravest are shown
		hidden = len(rows) - show
		rows = rows[:show]
	}
	cells := [][]string{heads}
	for i := range rows {
		cells = append(cells, t.cells(&rows[i], now))
	}
	widths := make([]int, len(heads))
	for _, row := range cells {
		for i, c := range row {
			widths[i] = max(widths[i], len([]rune(c)))
		}
	}
	out := []line{{fmt.Sprintf("%s  %d virtual routers", now.Format("15:04:05"), len(rows)+hidden), ""}}
	for i, row := range cells {
		var b strings.Builder
		for j, c := range row {
			b.WriteString(c)
			if j < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[j]-len([]rune(c))+2))
			}
		}
		color := bold
		if i > 0 {
			color = stateColor(rows[i-1].State)
		}
		out = append(out, line{strings.TrimRight(b.String(), " "), color})
	}
	if hidden > 0 {
		out = append(out, line{fmt.Sprintf("and %d more", hidden), faint})
	}
	return out
}

func stateColor(s State) string {
	switch s {
	case Split, Lost:
		return red
	case Resigned, Unheard, Unknown:
		return yellow
	}
	return ""
}

// cells are the columns of one virtual router.
func (t *Top) cells(s *Status, now time.Time) []string {
	place := strings.TrimSpace(string(appendPlace(nil, s.Interface, s.VLANs[:])))
	master, priority := "-", "-"
	if s.Master != nil {
		master, priority = s.Master.Address.String(), strconv.Itoa(int(s.Master.Priority))
	}
	if s.Rival != nil {
		master, priority = master+","+s.Rival.Address.String(), priority+","+strconv.Itoa(int(s.Rival.Priority))
	}
	rate, known := t.rates[s.Router]
	if !known {
		rate = average(s, now)
	}
	vips := "-"
	switch n := len(s.Addresses); {
	case n > 2:
		vips = fmt.Sprintf("%v +%d", s.Addresses[0], n-1)
	case n == 2:
		vips = fmt.Sprintf("%v,%v", s.Addresses[0], s.Addresses[1])
	case n == 1:
		vips = s.Addresses[0].String()
	}
	event := "-"
	if s.Event != "" {
		event = s.Event + " " + age(now.Sub(s.EventTime)) + " ago"
	}
	return []string{
		orDash(place), strconv.Itoa(int(s.VRID)), s.Family(), s.State.String(), age(now.Sub(s.Since)), master, priority,
		strconv.FormatFloat(rate, 'f', 1, 64), strconv.Itoa(s.Missed), s.Jitter.Round(10 * time.Microsecond).String(), vips, event,
	}
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// age is a duration in two units at most.
func age(d time.Duration) string {
	switch d = max(d, 0); {
	case d < time.Minute:
		return strconv.Itoa(int(d/time.Second)) + "s"
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%dd%02dh", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
}
