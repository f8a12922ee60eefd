// Command sentences prints every sentence that awsmfa shows to people, each with its file and line, so that they can be
// read in one list. With the argument "messages" it writes docs/ja/messages.md, every sentence beside its translation.
// Its tests check that every sentence is a message of internal/msg, and that catalogs of translations are complete.
//
//	go run ./internal/sentences
//	go run ./internal/sentences messages
package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func main() {
	found, err := read(".")
	if err == nil && slices.Equal(os.Args[1:], []string{"messages"}) {
		err = writePage(found.sentences)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "sentences:", err)
		os.Exit(1)
	}
	if len(os.Args) == 1 {
		for _, s := range found.sentences {
			fmt.Printf("%s:%d: %s\n", s.at.Filename, s.at.Line, s.text)
		}
	}
	for _, p := range found.problems {
		fmt.Fprintln(os.Stderr, p)
	}
	if len(found.problems) > 0 {
		os.Exit(1)
	}
}

// A sentence is the English format of a message, or a text of --help.
type sentence struct {
	text string
	at   token.Position
}

// source holds the sentences in the files of a tree.
type source struct {
	sentences []sentence
	problems  []string // a format that is not a constant, a sentence outside internal/msg
}

// notShipped are the directories of programs and packages that users never run.
var notShipped = []string{
	"bench", "clients", "demo", "fakeaws", "licenses", "mutate", "reference", "sandbox", "sentences", "shelltest",
	"testdata",
	"tools", ".git",
}

// read parses the shipped Go files below root.
func read(root string) (*source, error) {
	all := &source{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != root && slices.Contains(notShipped, entry.Name()):
			return fs.SkipDir
		case entry.IsDir():
			return all.readPackage(path)
		}
		return nil
	})
	slices.SortFunc(all.sentences, func(a, b sentence) int {
		return cmp.Or(cmp.Compare(a.at.Filename, b.at.Filename), cmp.Compare(a.at.Offset, b.at.Offset))
	})
	return all, err
}

func (all *source) readPackage(dir string) error {
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return err
	}
	p := pkg{all: all, files: token.NewFileSet(), constants: map[string]ast.Expr{}, known: map[ast.Node]bool{}}
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(p.files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, f)
		p.declare(f)
	}
	for _, f := range files {
		ast.Inspect(f, p.message)
	}
	for _, f := range files {
		ast.Inspect(f, p.stray)
	}
	return nil
}

// pkg is the package being read.
type pkg struct {
	all       *source
	files     *token.FileSet
	constants map[string]ast.Expr // of the package, by name
	local     map[string]ast.Expr // of the function
	known     map[ast.Node]bool   // literals that are part of a message, or not shown to people
}

func (p *pkg) declare(f *ast.File) {
	for _, d := range f.Decls {
		if general, ok := d.(*ast.GenDecl); ok {
			p.declareIn(p.constants, general)
		}
	}
}

// notSentences are types of constants that are only compared: the reasons of leaf packages' errors, and parts of AWS's
// messages.
var notSentences = []string{"Reason", "phrase"}

func (p *pkg) declareIn(constants map[string]ast.Expr, d *ast.GenDecl) {
	if d.Tok != token.CONST {
		return
	}
	for _, spec := range d.Specs {
		value := spec.(*ast.ValueSpec)
		kind, _ := value.Type.(*ast.Ident)
		for i, name := range value.Names {
			if i >= len(value.Values) {
				continue
			}
			constants[name.Name] = value.Values[i]
			if kind != nil && slices.Contains(notSentences, kind.Name) {
				p.ignore(value.Values[i])
			}
		}
	}
}

// enter collects the constants of a function.
func (p *pkg) enter(f *ast.FuncDecl) {
	p.local = map[string]ast.Expr{}
	ast.Inspect(f, func(n ast.Node) bool {
		if d, ok := n.(*ast.GenDecl); ok {
			p.declareIn(p.local, d)
		}
		return true
	})
}

// constant returns the expression of the constant that name stands for, or nil.
func (p *pkg) constant(name string) ast.Expr {
	if e := p.local[name]; e != nil {
		return e
	}
	return p.constants[name]
}

// message collects the sentences of msg.Errorf, msg.Textf and Hint, and those of --help: the results of Help methods,
// the tags of subcommands, and the field help of the table of commands.
func (p *pkg) message(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "Textf" { // of package msg itself
			p.add(n.Args[0])
		}
		selector, ok := n.Fun.(*ast.SelectorExpr)
		if !ok || len(n.Args) == 0 {
			break
		}
		x, _ := selector.X.(*ast.Ident)
		isMsg := x != nil && x.Name == "msg"
		switch name := selector.Sel.Name; {
		case isMsg && (name == "Errorf" || name == "Textf"), name == "Hint" && !isMsg && p.mayBeText(n.Args[0]):
			p.add(n.Args[0])
		case name == "trace", name == "Trace": // for --debug, which is English
			p.ignore(n)
		case x != nil && x.Name == "strings" && name != "Join": // it compares or changes a text, and shows none
			p.ignore(n)
		}
	case *ast.FuncDecl:
		p.enter(n)
		if n.Name.Name != "Help" || n.Recv == nil {
			break
		}
		if result, ok := n.Body.List[0].(*ast.ReturnStmt); ok && p.mayBeText(result.Results[0]) {
			p.add(result.Results[0])
		}
	case *ast.Field:
		if n.Tag == nil {
			break
		}
		p.known[n.Tag] = true
		tag, _ := strconv.Unquote(n.Tag.Value)
		if text := reflect.StructTag(tag).Get("help"); text != "" {
			p.all.sentences = append(p.all.sentences, sentence{text, p.files.Position(n.Tag.Pos())})
		}
	case *ast.KeyValueExpr:
		key, ok := n.Key.(*ast.Ident)
		switch {
		case !ok:
		case key.Name == "help" && p.mayBeText(n.Value):
			p.add(n.Value)
		case key.Name == "Said", key.Name == "NoHint": // a part of AWS's message; only docs/errors.md has the other
			p.ignore(n.Value)
		}
	case *ast.ImportSpec:
		p.known[n.Path] = true
	case *ast.GenDecl:
		if n.Tok == token.VAR { // package-level errors.New values are for errors.Is, and not shown
			p.ignoreSentinels(n)
		}
	}
	return true
}

func (p *pkg) ignoreSentinels(declared *ast.GenDecl) {
	for _, spec := range declared.Specs {
		for _, value := range spec.(*ast.ValueSpec).Values {
			call, ok := value.(*ast.CallExpr)
			if !ok {
				continue
			}
			if f, ok := call.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "New" {
				p.ignore(call)
			}
		}
	}
}

// mayBeText reports whether e may be a string: it is not obviously something else, such as an error.
func (p *pkg) mayBeText(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return e.Kind == token.STRING
	case *ast.BinaryExpr:
		return e.Op == token.ADD
	case *ast.Ident:
		return p.constant(e.Name) != nil
	}
	return false
}

func (p *pkg) add(e ast.Expr) {
	p.ignore(e)
	text, ok := p.value(e)
	if !ok {
		p.report(e, "the format of a message is not a constant")
		return
	}
	p.all.sentences = append(p.all.sentences, sentence{text, p.files.Position(e.Pos())})
}

// report adds a problem at e.
func (p *pkg) report(e ast.Expr, problem string) {
	at := p.files.Position(e.Pos())
	p.all.problems = append(p.all.problems, fmt.Sprintf("%s:%d: %s", at.Filename, at.Line, problem))
}

// ignore marks the literals below n as seen, and those of the constants that it names.
func (p *pkg) ignore(n ast.Node) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			p.known[n] = true
		case *ast.Ident:
			if c := p.constant(n.Name); c != nil && !p.known[n] {
				p.known[n] = true
				p.ignore(c)
			}
		}
		return true
	})
}

// value evaluates a constant string.
func (p *pkg) value(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		v := constant.MakeFromLiteral(e.Value, e.Kind, 0)
		return constant.StringVal(v), v.Kind() == constant.String
	case *ast.BinaryExpr:
		left, ok := p.value(e.X)
		right, ok2 := p.value(e.Y)
		return left + right, ok && ok2
	case *ast.ParenExpr:
		return p.value(e.X)
	case *ast.Ident:
		if c := p.constant(e.Name); c != nil {
			return p.value(c)
		}
	}
	return "", false
}

// words matches three words in a row: a text with them looks like a sentence.
var words = regexp.MustCompile(`(^|[ "(])[A-Za-z]?[a-z']+ [a-z']+ [a-z']+($|[ .,:;?!)])`)

// stray reports literals that look like sentences but are not part of a message.
func (p *pkg) stray(n ast.Node) bool {
	literal, ok := n.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING || p.known[literal] {
		return true
	}
	text, err := strconv.Unquote(literal.Value)
	if err == nil && words.MatchString(text) {
		p.report(literal, fmt.Sprintf("a sentence outside msg: %q", text))
	}
	return true
}
