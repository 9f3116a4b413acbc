package config

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"

	"github.com/kactl/kactl/pkg/syntax"
)

// keyFile reads a key, less the end of its line, and says what is wrong with its file.
// What is checked is what was opened: nobody can put another file in its place in
// between.
func (d *decoder) keyFile(s *syntax.Statement, id int, path string) (key []byte, problem string) {
	const unreadable = "is in a file that cannot be read"
	f, err := d.files.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, "is in a file that does not exist"
	case err != nil:
		return nil, unreadable
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, unreadable
	}
	if problem := unsafeKeyFile(st); problem != "" {
		return nil, problem
	}
	if st.Mode().Perm()&0o004 != 0 {
		d.warn("readable-key", s.AtArg(1), "every user of this machine can read key %d", id).Hint = "chmod o-r the file"
	}
	const most = maxKey + 2 // with the end of the line
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	switch {
	case err != nil:
		return nil, unreadable
	case len(b) > most:
		return nil, "is longer than 64 bytes"
	}
	// One end of a line is the editor's: more may be the key.
	if line, ok := bytes.CutSuffix(b, []byte("\n")); ok {
		b = bytes.TrimSuffix(line, []byte("\r"))
	}
	return b, ""
}

// unsafeKeyFile says why a key cannot be taken from a file: it is no regular one, or
// another user than root and the one that runs this could have written it.
func unsafeKeyFile(st fs.FileInfo) (problem string) {
	owner, known := st.Sys().(*syscall.Stat_t)
	switch {
	case !st.Mode().IsRegular():
		return "is in something that is no regular file"
	case st.Mode().Perm()&0o022 != 0:
		return "is in a file that other users may write to (chmod go-w)"
	case known && owner.Uid != 0 && int(owner.Uid) != os.Geteuid():
		return "is in a file of another user than root (chown root)"
	}
	return ""
}
