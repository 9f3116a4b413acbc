package cmd

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/viper"

	"github.com/kactl/kactl/pkg/genhash"
)

// asked reads the flags of askFlags. They are text, so that an error can name
// what was given.
func asked(v *viper.Viper) (q genhash.Request, err error) {
	q.Server = v.GetString("server")
	q.Path = v.GetString("url")
	q.TLS, q.SNI = v.GetBool("use-ssl"), v.GetBool("use-sni")
	q.VirtualHost = v.GetString("use-virtualhost")
	q.Protocol = v.GetString("protocol")
	if q.Port, err = port(v.GetString("port")); err != nil {
		return q, err
	}
	if q.Mark, err = mark(v.GetString("fwmark")); err != nil {
		return q, err
	}
	q.Timeout, err = seconds(v.GetString("timeout"))
	return q, err
}

func port(text string) (uint16, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("port %q is not a number from 1 to 65535", text)
	}
	return uint16(n), nil
}

func mark(text string) (uint32, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 0, 32)
	if err != nil {
		return 0, fmt.Errorf("firewall mark %q is not a number from 0 to 4294967295", text)
	}
	return uint32(n), nil
}

// seconds reads a time-out: "3" as keepalived's programs take it, "3s" or
// "500ms" as ours do.
func seconds(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil && strings.Trim(text, "0123456789.") == "" {
		d, err = time.ParseDuration(text + "s")
	}
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("time-out %q is no time above 0: write seconds, such as 5 or 0.5, or with a unit, 500ms", text)
	}
	return d, nil
}
