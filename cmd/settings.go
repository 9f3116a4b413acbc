package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

// settingsFile holds kactl's own settings, a section a command.
// keepalived.conf is another matter.
const settingsFile = "/etc/kactl/kactl.yaml"

// readSettings returns the settings of a command: from its flags, from the
// environment where a flag is not given, and from the settings file where
// neither says anything. The file need not exist; KACTL_SETTINGS names another
// one, which must.
func readSettings(command string, flags *pflag.FlagSet) (*viper.Viper, error) {
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
		return v, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the settings in %s: %w", path, err)
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
	return v, nil
}
