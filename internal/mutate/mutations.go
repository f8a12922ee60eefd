package main

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
)

// mutation is one change of one file.
type mutation struct {
	dir, file     string
	place, change string // for people: where, and what becomes what
	text          []byte // the whole file, changed
}

// swaps has what an operator becomes. A comparison moves by one, or turns round.
var swaps = map[token.Token]token.Token{
	token.LAND: token.LOR, token.LOR: token.LAND,
	token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR,
	token.EQL: token.NEQ, token.NEQ: token.EQL,
	token.ADD: token.SUB, token.SUB: token.ADD, token.MUL: token.QUO, token.QUO: token.MUL, token.REM: token.MUL,
	token.AND: token.OR, token.OR: token.AND, token.XOR: token.AND, token.SHL: token.SHR, token.SHR: token.SHL,
	token.ADD_ASSIGN: token.SUB_ASSIGN, token.SUB_ASSIGN: token.ADD_ASSIGN, token.INC: token.DEC, token.DEC: token.INC,
}

// mutations are all that can be made in the files of a package that this system compiles, in their order in the text.
// Not all of them compile.
func mutations(dir string) ([]mutation, error) {
	listed, err := build.ImportDir(dir, 0)
	if err != nil {
		return nil, err
	}
	var all []mutation
	for _, name := range listed.GoFiles {
		f := file{dir: dir, name: path.Join(dir, name), set: token.NewFileSet()}
		if f.text, err = os.ReadFile(f.name); err != nil {
			return nil, err
		}
		parsed, err := parser.ParseFile(f.set, f.name, f.text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range parsed.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.IMPORT {
				continue
			}
			ast.Inspect(d, f.visit)
		}
		slices.SortStableFunc(f.found, func(a, b found) int { return a.from - b.from })
		for _, at := range f.found {
			all = append(all, f.mutation(at))
		}
	}
	return all, nil
}

// found is a stretch of a file and what it becomes.
type found struct {
	from, to int
	becomes  string
}

type file struct {
	dir, name string
	text      []byte
	set       *token.FileSet
	found     []found
	fails     []bool // whether the functions around here return an error last, the innermost last
}

func (f *file) replace(from, to token.Pos, becomes string) {
	f.found = append(f.found, found{f.set.Position(from).Offset, f.set.Position(to).Offset, becomes})
}

func (f *file) source(n ast.Node) string {
	return string(f.text[f.set.Position(n.Pos()).Offset:f.set.Position(n.End()).Offset])
}

func (f *file) operator(at token.Pos, is token.Token) {
	if becomes, ok := swaps[is]; ok {
		f.replace(at, at+token.Pos(len(is.String())), becomes.String())
	}
}

func (f *file) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.Field: // a tag is no constant; a type has none
		return false
	case *ast.FuncDecl:
		f.function(n.Type, n.Body)
		return false
	case *ast.FuncLit:
		f.function(n.Type, n.Body)
		return false
	case *ast.IfStmt:
		f.condition(n.Cond)
	case *ast.SwitchStmt:
		if n.Tag == nil {
			for _, c := range n.Body.List {
				for _, condition := range c.(*ast.CaseClause).List {
					f.condition(condition)
				}
			}
		}
	case *ast.BlockStmt:
		f.drop(n.List)
	case *ast.CaseClause:
		f.drop(n.Body)
	case *ast.CommClause:
		f.drop(n.Body)
	case *ast.BinaryExpr:
		f.operator(n.OpPos, n.Op)
		neutral := map[token.Token]string{token.LAND: "true", token.LOR: "false"}[n.Op]
		if neutral != "" { // one side alone
			f.replace(n.X.Pos(), n.X.End(), neutral)
			f.replace(n.Y.Pos(), n.Y.End(), neutral)
		}
	case *ast.IncDecStmt:
		f.operator(n.TokPos, n.Tok)
	case *ast.AssignStmt:
		f.operator(n.TokPos, n.Tok)
	case *ast.ReturnStmt:
		if last := f.succeed(n); last != nil { // nobody looks at what is returned with an error
			ast.Inspect(last, f.visit)
			return false
		}
	case *ast.Ident:
		if becomes := map[string]string{"true": "false", "false": "true"}[n.Name]; becomes != "" {
			f.replace(n.Pos(), n.End(), becomes)
		}
	case *ast.BasicLit:
		f.constant(n)
	}
	return true
}

func (f *file) function(t *ast.FuncType, body *ast.BlockStmt) {
	fails := false
	if t.Results != nil {
		last, ok := t.Results.List[len(t.Results.List)-1].Type.(*ast.Ident)
		fails = ok && last.Name == "error"
	}
	if body != nil {
		f.fails = append(f.fails, fails)
		ast.Inspect(body, f.visit)
		f.fails = f.fails[:len(f.fails)-1]
	}
}

// condition is negated, but for a comparison whose operator turns round to the same.
func (f *file) condition(c ast.Expr) {
	if b, ok := c.(*ast.BinaryExpr); ok && (b.Op == token.EQL || b.Op == token.NEQ) {
		return
	}
	f.replace(c.Pos(), c.End(), "!("+f.source(c)+")")
}

// drop leaves out a statement at a time.
func (f *file) drop(statements []ast.Stmt) {
	for _, s := range statements {
		switch s := s.(type) {
		case *ast.AssignStmt:
			if s.Tok == token.DEFINE {
				continue
			}
		case *ast.ReturnStmt:
			if s.Results != nil {
				continue
			}
		case *ast.ExprStmt, *ast.IncDecStmt, *ast.SendStmt, *ast.DeferStmt, *ast.GoStmt, *ast.BranchStmt:
		default:
			continue
		}
		f.replace(s.Pos(), s.End(), "")
	}
}

// succeed returns no error where there was one, which it gives back.
func (f *file) succeed(r *ast.ReturnStmt) ast.Expr {
	if len(r.Results) == 0 || !f.fails[len(f.fails)-1] {
		return nil
	}
	last := r.Results[len(r.Results)-1]
	if f.source(last) == "nil" {
		return nil
	}
	if _, isCall := last.(*ast.CallExpr); isCall && len(r.Results) == 1 {
		f.replace(r.Pos(), r.End(), f.source(last)+"; return nil") // what is called does its work
	} else {
		f.replace(last.Pos(), last.End(), "nil")
	}
	return last
}

// constant is one more, or another text.
func (f *file) constant(c *ast.BasicLit) {
	becomes := `""`
	switch {
	case c.Kind == token.STRING && len(c.Value) == 2:
		becomes = `"mutated"`
	case c.Kind == token.STRING:
	case c.Kind == token.INT || c.Kind == token.CHAR:
		becomes = c.Value + "+1"
		if n, err := strconv.Atoi(c.Value); err == nil {
			becomes = strconv.Itoa(n + 1)
		}
	default:
		return
	}
	f.replace(c.Pos(), c.End(), becomes)
}

func (f *file) mutation(at found) mutation {
	short := func(s string) string {
		runes := []rune(strings.Join(strings.Fields(s), " "))
		if len(runes) > 60 {
			return string(runes[:60]) + "…"
		}
		return string(runes)
	}
	line := 1 + strings.Count(string(f.text[:at.from]), "\n")
	column := at.from - strings.LastIndex(string(f.text[:at.from]), "\n")
	change := short(string(f.text[at.from:at.to])) + " → " + short(at.becomes)
	if at.becomes == "" {
		change = "without " + short(string(f.text[at.from:at.to]))
	}
	return mutation{
		dir: f.dir, file: f.name, place: fmt.Sprintf("%s:%d:%d", f.name, line, column), change: change,
		text: slices.Concat(f.text[:at.from], []byte(at.becomes), f.text[at.to:]),
	}
}
