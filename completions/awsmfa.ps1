# Completes awsmfa in Windows PowerShell 5.1 and PowerShell 7. For $PROFILE:
#   awsmfa completion pwsh | Out-String | Invoke-Expression
# It is ASCII, and so is what awsmfa prints here: other characters would be decoded in the console's code page.

Register-ArgumentCompleter -Native -CommandName awsmfa -ScriptBlock {
    param($word, $ast, $cursor)
    $full = $ExecutionContext.SessionState.LanguageMode -eq 'FullLanguage'
    $words = @()
    $current = ''
    $after = $null
    foreach ($element in @($ast.CommandElements | Select-Object -Skip 1)) {
        if ($element.Extent.StartOffset -ge $cursor) { break }
        $text = $element.Extent.Text
        if ($element.PSObject.Properties['StringConstantType']) { $text = $element.Value }
        if ($element.Extent.EndOffset -ge $cursor) {
            $current = $text
            break
        }
        if ($text -eq '--' -and $words -contains 'exec') {
            $after = $element.Extent.EndOffset
            break
        }
        $words += $text
    }
    if ($null -ne $after) {
        # The completion of the command after --, as if it stood alone.
        if ($full) {
            $line = $ast.Extent.Text.PadRight($cursor - $ast.Extent.StartOffset)
            $rest = $line.Substring($after - $ast.Extent.StartOffset, $cursor - $after).TrimStart()
            [System.Management.Automation.CommandCompletion]::CompleteInput($rest, $rest.Length, $null).CompletionMatches
        }
        return
    }
    # PowerShell before 7.3 drops empty arguments and does not escape quotation marks.
    $words = @($words + $current | ForEach-Object { ':' + ($_ -replace '\\', '\u005c' -replace '"', '\u0022') })
    awsmfa complete pwsh --function $ast.CommandElements[0].Extent.Text '--' @words 2>$null | ForEach-Object {
        $insert, $value, $help = $_ -split "`t" | ForEach-Object { [regex]::Unescape($_) }
        if ($full) {
            [System.Management.Automation.CompletionResult]::new($insert, $value, 'ParameterValue', $help)
        } else {
            $insert
        }
    }
}
