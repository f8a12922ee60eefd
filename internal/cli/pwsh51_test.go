//go:build unix

package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"awsmfa/internal/shelltest"
	"awsmfa/shells"
)

// parsing prints what the PowerShell code in the files *.code uses, one fact a line.
const parsing = `
$text = [IO.File]::ReadAllText("$PWD/code")
if ($text -like 'Invoke-Expression ((*') { $text = Invoke-Expression $text.Substring(18) } # as init prints it
$errors = $tokens = $null
$all = [Management.Automation.Language.Parser]::ParseInput($text, [ref]$tokens, [ref]$errors).FindAll({ $true }, $true)
foreach ($e in $errors) { "error $e" }
foreach ($t in $tokens) {
  if ($t.Kind -eq 'Number' -and $t.Text -notmatch '^-?([0-9]+|0x[0-9a-f]+)$') { "number $($t.Text)" }
  if ($t.Kind -eq 'StringExpandable' -and $t.Text -match '` + "`[eu]" + `') { "escape $($t.Text)" }
}
foreach ($n in $all) {
  $kind = $n.GetType().Name -replace 'Ast$'
  "node $kind"
  if ($kind -eq 'Command' -and $n.GetCommandName()) {
    $name = $n.GetCommandName()
    "command $name"
    foreach ($e in $n.CommandElements) {
      if ($e.PSObject.Properties['ParameterName']) { "parameter ${name}:$($e.ParameterName)" }
    }
  }
  if ($kind -eq 'Pipeline' -and $n.Background) { 'node Background' }
  if ($kind -eq 'FunctionDefinition') { "function $($n.Name -replace '^global:')" }
  if ($kind -eq 'VariableExpression' -and "$($n.Parent.Left)" -ne "$n") { "variable $($n.VariablePath.UserPath)" }
  if ($kind -eq 'Attribute') { "type $($n.TypeName.FullName)" }
  if ($kind -like 'Type*') { "type $($n.TypeName.FullName)" }
  if ($kind -eq 'BinaryExpression') {
    "operator $($n.Operator)"
    if ($n.Operator -like '*replace' -and $n.Right.Find({ $args[0].PSObject.Properties['ScriptBlock'] }, $true)) {
      'node ReplacingBlock'
    }
  }
  if ($kind -eq 'NamedAttributeArgument') { "argument $($n.ArgumentName)" }
  if ($kind -like '*MemberExpression') {
    $of = if ($n.Static) { "$($n.Expression.Extent.Text)::" } else { '.' }
    $count = if ($kind -like 'Invoke*') { "($($n.Arguments.Count))" }
    "member $of$($n.Member.Extent.Text)$count"
    if ($n.PSObject.Properties['NullConditional'] -and $n.NullConditional) { 'node NullConditional' }
  }
  if ($kind -eq 'IndexExpression' -and $n.NullConditional) { 'node NullConditional' }
}`

// unknownTo51 are variables that only later versions set. In StrictMode reading one is an error.
const unknownTo51 = " iswindows islinux ismacos iscoreclr psstyle enabledexperimentalfeatures" +
	" psnativecommandargumentpassing psnativecommanduseerroractionpreference "

// of51 are the facts that hold in Windows PowerShell 5.1: its syntax; its cmdlets with their parameters, as the list
// for 5.1.14393 of PSScriptAnalyzer has them; members of .NET Framework 4.5, by the number of their arguments.
var of51 = map[string]string{
	"node": `ArrayExpression ArrayLiteral AssignmentStatement Attribute BinaryExpression BreakStatement CatchClause
		Command CommandExpression CommandParameter ConstantExpression ContinueStatement ConvertExpression
		ExpandableStringExpression FileRedirection ForEachStatement FunctionDefinition Hashtable IfStatement
		IndexExpression InvokeMemberExpression MemberExpression NamedAttributeArgument NamedBlock ParamBlock Parameter
		ParenExpression Pipeline ReturnStatement ScriptBlock ScriptBlockExpression StatementBlock
		StringConstantExpression SubExpression SwitchStatement ThrowStatement TryStatement TypeConstraint
		TypeExpression UnaryExpression VariableExpression WhileStatement`,
	"command": `ForEach-Object Get-Date Get-Variable Invoke-Expression Out-String Register-ArgumentCompleter
		Register-EngineEvent Remove-Item Remove-Variable Select-Object Set-Item Test-Path Write-Error Write-Host`,
	"parameter": `Get-Variable:ErrorAction Get-Variable:Name Get-Variable:Scope Get-Variable:ValueOnly
		Register-ArgumentCompleter:CommandName Register-ArgumentCompleter:Native Register-ArgumentCompleter:ScriptBlock
		Register-EngineEvent:Action Register-EngineEvent:MaxTriggerCount Register-EngineEvent:SourceIdentifier
		Register-EngineEvent:SupportEvent Remove-Item:ErrorAction Remove-Item:Force Remove-Item:LiteralPath
		Remove-Variable:Confirm Remove-Variable:Name Remove-Variable:Scope Remove-Variable:WhatIf
		Select-Object:Skip Set-Item:LiteralPath Set-Item:Value Write-Error:ErrorAction Write-Error:Message`,
	"type": `CmdletBinding Parameter array char long math object regex string
		System.Management.Automation.CommandCompletion System.Management.Automation.CompletionResult`,
	"argument": `PositionalBinding ValueFromPipeline ValueFromRemainingArguments`,
	"member": `[System.Management.Automation.CommandCompletion]::CompleteInput(3)
		[System.Management.Automation.CompletionResult]::new(4) [math]::Floor(1) [regex]::Matches(2)
		[regex]::Unescape(1) .CommandElements .CompletionMatches .Contains(1) .Count .EndOffset .ExpectingInput .Extent
		.LanguageMode .Length .Line .OffsetInLine .PSObject .PadRight(1) .Properties .RemoveAt(1) .SessionState
		.StartOffset .Substring(1) .Substring(2) .Text .Ticks .ToUniversalTime(0) .TrimStart(0) .Value .WriteError(1)
		.Depth .Next .Prompts .Said` + // keys of a hash table
		` .Statement`, // of $MyInvocation, if it is there
	"operator": `And Divide DotDot Icontains Ieq Ige Igt Ile Ilike Ilt Imatch Ine Ireplace Is IsNot Isplit Join Minus
		Multiply Plus Rem`,
}

// Windows PowerShell 5.1 exists only on Windows. What awsmfa prints for PowerShell uses nothing that 5.1 does not have:
// a later PowerShell parses it here, and each thing that it uses is in a list of what 5.1 has.
func TestWindowsPowerShell(t *testing.T) {
	t.Parallel()
	l, ok := shelltest.For("pwsh")
	if !ok {
		t.Fatal("no launcher")
	}
	l.Need(t)
	shell, ok := shells.Lookup("pwsh")
	if !ok {
		t.Fatal("no shell")
	}
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	statements, err := shell.Render([]shells.Var{{Name: "AWS_A", Value: "it's 本\x01番"}, {Name: "AWS_B", Unset: true}})
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{
		statements, shell.Failure("it's 本番"), shell.InitLine("awsmfa init pwsh"), shell.Line("awsmfa env prod"),
	}
	for _, args := range [][]string{
		{"completion", "pwsh"}, {"init", "pwsh", "--prompt", "--renew"},
	} {
		cmd := exec.Command(filepath.Join(bin, "awsmfa"), args...)
		cmd.Env = []string{"PATH=" + bin, "HOME=" + t.TempDir(), "AWSMFA_LANG=ja"}
		text, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	for i, text := range texts {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "code"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r := l.Run(t, dir, nil, parsing)
		facts := strings.Split(strings.TrimSpace(r.Stdout), "\n")
		if r.Code != 0 || r.Stderr != "" || len(facts) < 3 {
			t.Fatalf("text %d: exit code %d, %s, %s", i, r.Code, r.Stdout, r.Stderr)
		}
		slices.Sort(facts)
		for _, fact := range slices.Compact(facts) {
			kind, value, _ := strings.Cut(strings.TrimRight(fact, "\r"), " ")
			is := slices.Contains(strings.Fields(of51[kind]), value)
			switch kind {
			case "variable":
				is = !strings.Contains(unknownTo51, " "+strings.ToLower(value)+" ")
			case "function":
				continue
			case "command": // a function of the text, a program, or a variable
				is = is || value == "awsmfa" || slices.Contains(facts, "function "+value)
			}
			if !is {
				t.Errorf("text %d: 5.1 may not know this: %s", i, fact)
			}
		}
	}
}
