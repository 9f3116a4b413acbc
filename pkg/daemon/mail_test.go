package daemon

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/notify"
)

func global(t *testing.T, lines string) *config.Global {
	t.Helper()
	file := filepath.Join(t.TempDir(), "k.conf")
	if err := os.WriteFile(file, []byte("global_defs {\n"+lines+"\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	res, err := config.Load(file, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &res.Config.Global
}

func TestMailSettings(t *testing.T) {
	for _, test := range []struct {
		lines string
		want  notify.MailSettings
	}{
		{"", notify.MailSettings{Timeout: 30 * time.Second, Servers: true}},
		{"notification_email {\na@x.org\nb@x.org\n}\nnotification_email_from f@x.org\nsmtp_server 192.0.2.1\nsmtp_connect_timeout 7\nsmtp_helo_name h\nrouter_id LB",
			notify.MailSettings{To: []string{"a@x.org", "b@x.org"}, From: "f@x.org", Server: "192.0.2.1", Port: 25, Timeout: 7 * time.Second, Hello: "h", RouterID: "LB", Servers: true}},
		{"smtp_server 2001:db8::1 587", notify.MailSettings{Server: "2001:db8::1", Port: 587, Timeout: 30 * time.Second, Servers: true}},
		{"smtp_server mail.example.org 2525", notify.MailSettings{Server: "mail.example.org", Port: 2525, Timeout: 30 * time.Second, Servers: true}},
		{"smtp_alert", notify.MailSettings{Timeout: 30 * time.Second, VRRP: true, Servers: true, Services: true}},
		{"smtp_alert off", notify.MailSettings{Timeout: 30 * time.Second}},
		{"smtp_alert_vrrp", notify.MailSettings{Timeout: 30 * time.Second, VRRP: true, Servers: true}},
		{"smtp_alert_checker", notify.MailSettings{Timeout: 30 * time.Second, Servers: true, Services: true}},
		{"smtp_alert\nsmtp_alert_checker off", notify.MailSettings{Timeout: 30 * time.Second, VRRP: true}},
		{"smtp_alert off\nsmtp_alert_checker on", notify.MailSettings{Timeout: 30 * time.Second, Servers: true, Services: true}},
		{"no_email_faults\nno_checker_emails", notify.MailSettings{Timeout: 30 * time.Second, Servers: true, NoFaults: true, ServersOnly: true}},
	} {
		if diff := cmp.Diff(test.want, mailSettings(global(t, test.lines))); diff != "" {
			t.Errorf("%s: %s", test.lines, diff)
		}
	}
}

// What is printed is read as the same.
func TestMailSettingsPrint(t *testing.T) {
	for _, lines := range []string{"", "smtp_alert", "smtp_alert off", "smtp_alert_checker", "smtp_alert_checker off", "smtp_alert_vrrp"} {
		cfg := &config.Config{Global: *global(t, lines)}
		file := filepath.Join(t.TempDir(), "printed.conf")
		f, err := os.Create(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := config.Print(f, cfg); err != nil {
			t.Fatal(err)
		}
		f.Close()
		res, err := config.Load(file, config.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(mailSettings(&cfg.Global), mailSettings(&res.Config.Global)); diff != "" {
			t.Errorf("%s: %s", lines, diff)
		}
	}
}
