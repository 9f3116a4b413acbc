package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

// settingsFile holds kactl's own settings, a section a command.
// keepalived.conf is another matter.
const settingsFile = "/etc/kactl/kactl.yaml"

// settingsHelp is what the help of a command says of its settings; flag is one of
// its flags.
func settingsHelp(command, flag string) string {
	return fmt.Sprintf(`

Every flag can be set by an environment variable as well, KACTL_%s for
--%s and so on, or by its name in section %s of
`+settingsFile+`. The command line comes first, then the environment, then that
file.`, strings.ToUpper(strings.ReplaceAll(flag, "-", "_")), flag, command)
}

// readSettings returns the settings of a command: from its flags, from the
// environment where a flag is not given, and from the settings file where
// neither says anything. The file need not exist; KACTL_SETTINGS names another
// one, which must.
func readSettings(c *cobra.Command) (*viper.Viper, error) {
	command, flags := c.Name(), c.Flags()
	commands := map[string]bool{}
	for _, other := range c.Root().Commands() {
		commands[other.Name()] = true
	}
	v := viper.New()
	v.SetEnvPrefix("KACTL")
	v.SetEnvKeyReplacer(strings.NewReplacer("-", "_"))
	v.AutomaticEnv()
	if err := v.BindPFlags(flags); err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	path, named := settingsFile, false
	if p := os.Getenv("KACTL_SETTINGS"); p != "" {
		path, named = p, true
	}
	file := viper.New()
	file.SetConfigFile(path)
	file.SetConfigType("yaml")
	err := file.ReadInConfig()
	if errors.Is(err, fs.ErrNotExist) && !named {
		return v, checkSettings(v, flags)
	}
	if err != nil {
		return nil, fmt.Errorf("read the settings in %s: %w", path, err)
	}
	for key := range file.AllSettings() {
		if !commands[key] {
			return nil, fmt.Errorf("read the settings in %s: kactl has no command called %q; settings are in a section named after theirs", path, key)
		}
	}
	section, ok := file.Get(command).(map[string]any)
	if !ok && file.IsSet(command) {
		return nil, fmt.Errorf("read the settings in %s: %s is not a section of settings", path, command)
	}
	for key := range section {
		if flags.Lookup(key) == nil {
			return nil, fmt.Errorf("read the settings in %s: kactl %s has no setting called %q; they are named as its flags are", path, command, key)
		}
	}
	if err := v.MergeConfigMap(section); err != nil {
		return nil, fmt.Errorf("read the settings in %s: %w", path, err)
	}
	return v, checkSettings(v, flags)
}

// checkSettings refuses what a setting cannot be. viper would take it for false
// or for nothing.
func checkSettings(v *viper.Viper, flags *pflag.FlagSet) error {
	var errs []error
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Name == "version" || f.Name == "help" {
			return // KACTL_VERSION is others' variable
		}
		got := v.Get(f.Name)
		if want := refused(f.Value.Type(), got); want != "" {
			errs = append(errs, fmt.Errorf("setting %s is %v; write %s", f.Name, got, want))
		}
	})
	return errors.Join(errs...)
}

// refused says what to write instead of a value that a flag of that type cannot
// have; it returns the empty string for one that it can.
func refused(kind string, got any) string {
	text := fmt.Sprint(got)
	switch kind {
	case "bool":
		if _, err := strconv.ParseBool(text); err != nil {
			return "true or false"
		}
	case "int":
		if _, err := strconv.Atoi(text); err != nil {
			return "a number"
		}
	case "duration":
		if _, err := time.ParseDuration(text); err != nil {
			return "a duration, such as 500ms, 10s or 5m"
		}
	case "string":
		switch got.(type) {
		case string:
		case []any, map[string]any:
			return "one word or path"
		default:
			// YAML's number may be another one: 022 is 18, and 1.0 is 1.
			return "it in quotes"
		}
	case "stringSlice", "stringArray":
		switch got.(type) {
		case string, []string, []any:
		default:
			return "a list of words"
		}
	}
	return ""
}
