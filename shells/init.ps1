# Invoke-Expression (awsmfa init pwsh)
#
# awsmfa prints lines of ASCII: NAME=value, NAME for a variable to remove, ! for a message, > for the words with which
# awsmfa is to run, before those of the function. Only $env:NAME = $matches[2] shows no value in Set-PSDebug -Trace 2, a
# transcript, and the logs of modules and script blocks: Invoke-Expression, a cmdlet and an assignment to another
# variable do. It all works in StrictMode, and in Constrained Language Mode except for what is said below.

Remove-Item -LiteralPath Alias:FUNCTION -Force -ErrorAction Ignore

function global:FUNCTION {
    # Only such a function can make $? false without an exception. $c, $d and $p are options of awsmfa that PowerShell
    # would read as the beginning of a parameter's name.
    [CmdletBinding(PositionalBinding = $false)]
    param($c, $d, $p,
        [Parameter(ValueFromPipeline = $true)]$InputObject,
        [Parameter(ValueFromRemainingArguments = $true)]$Words)

    # PowerShell makes an array of a,b, two words of -a:b, and drops the first --. What was typed tells.
    $typed = ''
    if ($MyInvocation.PSObject.Properties['Statement']) {
        $typed = $MyInvocation.Statement -replace '`\r?\n', ' '
    } elseif ($MyInvocation.OffsetInLine -gt 0) {
        $typed = $MyInvocation.Line.Substring($MyInvocation.OffsetInLine - 1)
    }
    $before = @()
    foreach ($word in $Words) {
        if ($word -is [array]) { $word = $word -join ',' }
        if ($before.Count -gt 0 -and "$($before[-1])" -like '-*:' -and $typed.Contains("$($before[-1])$word")) {
            $before[-1] = "$($before[-1])$word"
        } else {
            $before += $word
        }
    }
    $after = @()
    if ($before.Count -gt 0 -and $before[0] -eq 'exec') {
        $plain = '(?:"[^"`$]*"|''[^'']*''|\$[\w:]+|[^\s"''`$;|&(){}@,#]+)'
        if ($typed -match "^(?:[&.]\s*)?$plain((?:\s+$plain)*?)\s+--(?:\s|$)") {
            $own = $matches[1]
            $count = [regex]::Matches($own, $plain).Count - 2 * [regex]::Matches($own, '\s-[cdp](?=\s)').Count -
                [regex]::Matches($own, '\s-[cdp]:').Count
            $after = @('--')
            if ($count -lt $before.Count) { $after += $before[$count..($before.Count - 1)] }
            $before = $before[0..($count - 1)]
        }
    }
    if ($null -ne $c) { $before += '-c', $c }
    if ($null -ne $d) { $before += '-d', $d }
    if ($null -ne $p) { $before += '-p', $p }
    $all = @($before) + $after

    $message = $gone = @()
    $run = $null
    $global:LASTEXITCODE = 127 # if PowerShell does not find the program
    switch -Regex (& { $PSNativeCommandUseErrorActionPreference = $false; PROGRAM function pwsh FUNCTION '--' @all }) {
        # Without escapes, as AWS's are, a secret is passed to no method: PowerShell 7 shows these to virus scanners.
        '^AWS_SECRET_ACCESS_KEY=([^\\]+)$' { $env:AWS_SECRET_ACCESS_KEY = $matches[1]; continue }
        '^AWS_SESSION_TOKEN=([^\\]+)$' { $env:AWS_SESSION_TOKEN = $matches[1]; continue }
        '^(\w+)=(.*)$' {
            switch ($matches[1]) {
                'AWS_ACCESS_KEY_ID' { $env:AWS_ACCESS_KEY_ID = [regex]::Unescape($matches[2]) }
                'AWS_SECRET_ACCESS_KEY' { $env:AWS_SECRET_ACCESS_KEY = [regex]::Unescape($matches[2]) }
                'AWS_SESSION_TOKEN' { $env:AWS_SESSION_TOKEN = [regex]::Unescape($matches[2]) }
                # No secrets; these are named because a cmdlet takes longer.
                'AWS_CREDENTIAL_EXPIRATION' { $env:AWS_CREDENTIAL_EXPIRATION = [regex]::Unescape($matches[2]) }
                'AWS_REGION' { $env:AWS_REGION = [regex]::Unescape($matches[2]) }
                'AWS_DEFAULT_REGION' { $env:AWS_DEFAULT_REGION = [regex]::Unescape($matches[2]) }
                'AWSMFA_REGION' { $env:AWSMFA_REGION = [regex]::Unescape($matches[2]) }
                'AWSMFA_EXPIRES' { $env:AWSMFA_EXPIRES = [regex]::Unescape($matches[2]) }
                'AWSMFA_PROFILE' { $env:AWSMFA_PROFILE = [regex]::Unescape($matches[2]) }
                'AWSMFA_PREVIOUS' { $env:AWSMFA_PREVIOUS = [regex]::Unescape($matches[2]) }
                default { Set-Item -LiteralPath "Env:$_" -Value ([regex]::Unescape($matches[2])) }
            }
        }
        '^(\w+)$' { $gone += "Env:$_" }
        '^!(.*)$' { $message += [regex]::Unescape($matches[1]) }
        '^> (.*)$' { $run = $matches[1] -split ' ' }
    }
    if ($gone.Count -gt 0) { Remove-Item -LiteralPath $gone -ErrorAction Ignore }
    if ($null -ne $run) {
        $all = $run + $all
        if ($MyInvocation.ExpectingInput) { $input | PROGRAM @all } else { PROGRAM @all }
    }
    if ($LASTEXITCODE -eq 0) { return }
    if ($null -eq $run) {
        if ($message.Count -eq 0) { $message = "awsmfa: exit code $LASTEXITCODE" }
        Write-Error -Message ($message -join "`n") -ErrorAction Stop
    }
    if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') { throw "awsmfa: exit code $LASTEXITCODE" }
    $ErrorActionPreference = 'SilentlyContinue' # 5.1 knows no Ignore here
    $known = $Error.Count
    try { throw } catch { $PSCmdlet.WriteError($_) }
    while ($Error.Count -gt $known) { $Error.RemoveAt(0) }
}
