package profile

import (
	"fmt"
	"testing"
)

// A profile from a library is the same as from Load, with positions and errors.
func TestLibrary(t *testing.T) {
	files := write(t, "# before\n[DEFAULT]\nregion = x\n[profile a]\nsource_profile = p\nrole_arn = "+
		"arn:aws:iam::123456789012:role/a\n"+
		"[profile b]\ninclude_profile = a\nservices = s\n[services s]\nsts =\n  endpoint_url = "+
		"http://localhost\n[profile c]\nwhat?\n"+
		"[profile \"d\"]\nx=1\n[profile d]\ny=2\n[broken\n[profile e\n[profile p]\noutput=json\n[profile "+
		"a]\nexternal_id=7\n[default]\nregion=y\n",
		"[p]\n"+testKeys+"[q]\n"+testKeys)
	l, err := Open(files)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := Names(files)
	have := l.Names()
	if fmt.Sprint(have) != fmt.Sprint(want) || len(want) < 6 {
		t.Errorf("%v, not %v", have, want)
	}
	tell := func(p Profile, err error) string {
		if err != nil {
			return err.Error()
		}
		c, err := p.Chain()
		endpoint, _, eerr := p.ServiceEndpoint("sts")
		in := p.contents()
		return fmt.Sprintf("%+v %v %+v %+v %+v %+v %s %v", c.Roles, err, c.Base.contents().
			credentials, in.config, in.included, in.services, endpoint, eerr)
	}
	for _, name := range append(want, "e", "none", "s", "") {
		if name == "" {
			continue
		}
		x := tell(Load(files, name))
		if y := tell(l.Load(name)); x != y {
			t.Errorf("%s:\n%s\n%s", name, y, x)
		}
	}
}

// Of two mistakes the first one in the file is reported, also by a library.
func TestLibraryOrder(t *testing.T) {
	for _, text := range []string{"[profile a]\nwhat?\n[DEFAULT]\nhow?\n", "[DEFAULT]\nhow?\n[profile a]\nwhat?\n"} {
		files := write(t, text, "")
		l, err := Open(files)
		if err != nil {
			t.Fatal(err)
		}
		_, want := Load(files, "a")
		if _, err := l.Load("a"); want == nil || err == nil || err.Error() != want.Error() {
			t.Errorf("%q: %v, not %v", text, err, want)
		}
	}
}
