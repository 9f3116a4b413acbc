package daemon

import "testing"

func TestStatus(t *testing.T) {
	var s status
	for i, tt := range []struct{ got, want string }{
		{s.troubled("2 checks cannot be made: x"), "2 checks cannot be made: x"},
		{s.runs("Running 1 virtual server"), "Running 1 virtual server; 2 checks cannot be made: x"},
		{s.troubled(""), "Running 1 virtual server"},
		{s.runs("Running 2 virtual servers"), "Running 2 virtual servers"},
	} {
		if tt.got != tt.want {
			t.Errorf("%d: %q, want %q", i, tt.got, tt.want)
		}
	}
}
