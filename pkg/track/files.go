package track

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// Files follows the numbers in files (track_file).
type Files struct {
	log    *slog.Logger
	reload chan struct{} // holds one when wanted is news to Run

	mu     sync.Mutex
	wanted []vrrp.File // guarded by mu
}

// NewFiles returns what follows the files once Run is called.
func NewFiles(files []vrrp.File, log *slog.Logger) *Files {
	return &Files{log: log, reload: make(chan struct{}, 1), wanted: files}
}

// Reload makes Run follow the files of other settings. The value of one that did not
// change stays. It returns at once, and may be called before Run.
func (f *Files) Reload(s *vrrp.Settings) {
	f.mu.Lock()
	f.wanted = s.Files
	f.mu.Unlock()
	select {
	case f.reload <- struct{}{}:
	default:
	}
}

// Kind is that of what it reports.
func (f *Files) Kind() vrrp.TrackKind { return vrrp.TrackFile }

// lookEvery is how often files are read that cannot be watched: the kernel has a limit
// on watches.
const lookEvery = time.Second

// Run follows the files until ctx is cancelled, which is no error. It calls report with
// the first number of each file and each that is another one.
func (f *Files) Run(ctx context.Context, report func(name string, value int)) error {
	w, err := newWatcher()
	if err != nil {
		f.log.Warn("tracked files are read every second", "error", err)
	}
	events := make(chan event, 1)
	if w != nil {
		var reader sync.WaitGroup
		reader.Go(func() { readEvents(w, events, ctx.Done()) })
		defer reader.Wait()
		defer w.close() // which ends the reader
	}
	l := &look{files: map[string]*follow{}, watcher: w, log: f.log, report: report}
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	f.take(l)
	for {
		var tick <-chan time.Time
		if l.poll {
			tick = ticker.C
		}
		select {
		case <-ctx.Done():
			return nil
		case <-f.reload:
			f.take(l)
		case e := <-events:
			l.happened(e)
		case <-tick:
			l.all()
		}
	}
}

// take makes l follow the files that are wanted.
func (f *Files) take(l *look) {
	f.mu.Lock()
	wanted := f.wanted
	f.mu.Unlock()
	l.arrange(wanted)
}

// An event is a change of an entry of a directory, or with no directory the loss of
// such news.
type event struct {
	dir   int32
	entry string
}

// readEvents passes on what the kernel reports until the watcher is closed.
func readEvents(w *watcher, events chan<- event, done <-chan struct{}) {
	pass := func(e event) {
		select {
		case events <- e:
		case <-done:
		}
	}
	for {
		err := w.read(func(n int32, entry string) { pass(event{n, entry}) }, func() { pass(event{dir: -1}) })
		if err != nil {
			return
		}
	}
}

// A look is what Run knows of the files. It belongs to one goroutine.
type look struct {
	files   map[string]*follow
	order   []*follow
	watcher *watcher // nil is none
	poll    bool     // some file cannot be watched
	told    bool     // the log says so
	log     *slog.Logger
	report  func(name string, value int)
}

// A follow is a file that is followed.
type follow struct {
	file    vrrp.File
	steps   []step
	value   int
	known   bool
	trouble string // why it could not be read the last time
}

// arrange follows the files of new settings.
func (l *look) arrange(wanted []vrrp.File) {
	files := map[string]*follow{}
	l.order = nil
	for _, f := range wanted {
		old := l.files[f.Name]
		same := old != nil && old.file.Path == f.Path
		if err := initialize(&f, f.Overwrite && (old == nil || !reflect.DeepEqual(old.file, f))); err != nil {
			l.log.Warn(fmt.Sprintf("Unable to initialise track file %s", f.Name), "error", err)
		}
		if !same {
			old = &follow{}
		}
		if old.known { // it may have been forgotten by whom it is reported to
			l.report(f.Name, old.value)
		}
		old.file = f
		files[f.Name] = old
		l.order = append(l.order, old)
	}
	l.files = files
	l.find(l.order)
	for _, f := range l.order {
		if !f.known {
			l.read(f)
		}
	}
}

// all finds every file anew, and reads it.
func (l *look) all() {
	l.find(l.order)
	for _, f := range l.order {
		l.read(f)
	}
}

// find walks the ways to files and watches them. What changes meanwhile makes it do so
// again: nothing is reported of a directory before it is watched.
func (l *look) find(files []*follow) {
	for range 10 {
		moved := false
		for _, f := range files {
			steps := way(f.file.Path)
			moved = moved || !slices.Equal(steps, f.steps)
			f.steps = steps
		}
		if !moved {
			return
		}
		l.watch()
	}
}

// watch watches the directories on the ways to all files.
func (l *look) watch() {
	if l.poll = l.watcher == nil; l.poll {
		return
	}
	dirs := map[string]bool{}
	for _, f := range l.order {
		for _, s := range f.steps {
			dirs[s.dir] = true
		}
	}
	if err := l.watcher.watch(dirs); err != nil {
		if !l.told {
			l.log.Warn("tracked files are read every second", "error", err)
		}
		l.poll, l.told = true, true
	}
}

// happened reads the files that a change may be of.
func (l *look) happened(e event) {
	if e.dir < 0 {
		l.all()
		return
	}
	var hit []*follow
	for _, f := range l.order {
		if slices.ContainsFunc(f.steps, func(s step) bool { return s.entry == e.entry && l.watcher.is(e.dir, s.dir) }) {
			hit = append(hit, f)
		}
	}
	l.find(hit)
	for _, f := range hit {
		l.read(f)
	}
}

// read reads a file, and reports another value.
func (l *look) read(f *follow) {
	value, err := readNumber(f.file.Path)
	trouble := ""
	if err != nil {
		trouble = err.Error()
		if trouble != f.trouble {
			l.log.Warn(fmt.Sprintf("track file %s: its value stays %d", f.file.Name, f.value), "error", err)
		}
		value = f.value
	}
	f.trouble = trouble
	if f.known && value == f.value {
		return
	}
	f.value, f.known = value, true
	l.report(f.file.Name, value)
}
