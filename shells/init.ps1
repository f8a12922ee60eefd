# Invoke-Expression (awsmfa init pwsh)
#
# awsmfa prints lines of ASCII: NAME=value, NAME for a variable to remove, ! for a message, > for the words with which
# awsmfa is to run, before those of the function. Only $env:NAME = $matches[2] shows no value in Set-PSDebug -Trace 2, a
# transcript, and the logs of modules and script blocks: Invoke-Expression, a cmdlet and an assignment to another
# variable do. It all works in StrictMode, and in Constrained Language Mode except for what is said below.
#
# The first call in a window takes longest: PowerShell then compiles the function, but a block in it only where it runs,
# and code for each operator with each type. So one expression reads the usual lines, -is [object] (which is not true of
# $null) compares nothing, and what else there is stands in blocks of its own.

Remove-Item -LiteralPath Alias:FUNCTION -Force -ErrorAction Ignore

function global:FUNCTION {
    # Only such a function can make $? false without an exception. $c, $d and $p are options of awsmfa that PowerShell
    # would read as the beginning of a parameter's name.
    [CmdletBinding(PositionalBinding = $false)]
    param($c, $d, $p,
        [Parameter(ValueFromPipeline = $true)]$InputObject,
        [Parameter(ValueFromRemainingArguments = $true)]$Words = @())

    # PowerShell makes an array of a,b, two words of -a:b, and drops the first --. What was typed tells.
    $all = $Words
    $after = $null
    if (($Words -join ' ') -match '^exec( |$)|:( |$)|\[\]( |$)') {
        $invocation = $MyInvocation
        . {
            $typed = ''
            if ($invocation.PSObject.Properties['Statement']) {
                $typed = $invocation.Statement -replace '`\r?\n', ' '
            } elseif ($invocation.OffsetInLine -gt 0) {
                $typed = $invocation.Line.Substring($invocation.OffsetInLine - 1)
            }
            $all = @()
            foreach ($word in $Words) {
                if ($word -is [array]) { $word = $word -join ',' }
                if ($all.Count -gt 0 -and "$($all[-1])" -like '-*:' -and $typed.Contains("$($all[-1])$word")) {
                    $all[-1] = "$($all[-1])$word"
                } else {
                    $all += $word
                }
            }
            if ($all.Count -gt 0 -and $all[0] -eq 'exec') {
                $plain = '(?:"[^"`$]*"|''[^'']*''|\$[\w:]+|[^\s"''`$;|&(){}@,#]+)'
                if ($typed -match "^(?:[&.]\s*)?$plain((?:\s+$plain)*?)\s+--(?:\s|$)") {
                    $own = $matches[1]
                    $count = [regex]::Matches($own, $plain).Count - 2 *
                        [regex]::Matches($own, '\s-[cdp](?=\s)').Count - [regex]::Matches($own, '\s-[cdp]:').Count
                    $after = @('--')
                    if ($count -lt $all.Count) { $after += $all[$count..($all.Count - 1)] }
                    $all = $all[0..($count - 1)]
                }
            }
        }
    }
    if ($c -is [object]) { $all += '-c', $c }
    if ($d -is [object]) { $all += '-d', $d }
    if ($p -is [object]) { $all += '-p', $p }
    if ($after -is [array]) { $all += $after }

    $message = $gone = @()
    $run = $null
    $global:LASTEXITCODE = 127 # if PowerShell does not find the program
    $PSNativeCommandUseErrorActionPreference = $false
    # The usual lines, without escapes, in the order in which awsmfa prints them; rest is what others there are.
    $null = (PROGRAM function pwsh FUNCTION '--' @all) -join "`n" -match '(?x)^
        (?:AWSMFA_PREVIOUS=(?<previous>[^\\\n]+)\n)?
        (?<unset>AWS_PROFILE\nAWS_DEFAULT_PROFILE\nAWS_SECURITY_TOKEN\nAWS_ACCESS_KEY\nAWS_SECRET_KEY\n
            AWS_CREDENTIAL_FILE\nAWS_WEB_IDENTITY_TOKEN_FILE\nAWS_ROLE_ARN\n)?
        (?:AWS_REGION=(?<region>[^\\\n]+)\nAWS_DEFAULT_REGION=\k<region>\nAWSMFA_REGION=\k<region>\n)?
        (?:AWS_ACCESS_KEY_ID=(?<id>[^\\\n]+)\nAWS_SECRET_ACCESS_KEY=(?<secret>[^\\\n]+)\n
            AWS_SESSION_TOKEN=(?<token>[^\\\n]+)\nAWS_CREDENTIAL_EXPIRATION=(?<until>[^\\\n]+)\n
            AWSMFA_EXPIRES=(?<expires>[^\\\n]+)\nAWSMFA_PROFILE=(?<profile>[^\\\n]+)$)?
        (?<rest>[\s\S]+)?'
    if ($matches['previous'] -is [string]) { $env:AWSMFA_PREVIOUS = $matches['previous'] }
    if ($matches['unset'] -is [string]) {
        $env:AWS_PROFILE = $env:AWS_DEFAULT_PROFILE = $env:AWS_SECURITY_TOKEN = $env:AWS_ACCESS_KEY = $null
        $env:AWS_SECRET_KEY = $env:AWS_CREDENTIAL_FILE = $env:AWS_WEB_IDENTITY_TOKEN_FILE = $env:AWS_ROLE_ARN = $null
    }
    if ($matches['region'] -is [string]) {
        $env:AWS_REGION = $env:AWS_DEFAULT_REGION = $env:AWSMFA_REGION = $matches['region']
    }
    if ($matches['secret'] -is [string]) {
        $env:AWS_ACCESS_KEY_ID = $matches['id']
        $env:AWS_SECRET_ACCESS_KEY = $matches['secret']
        $env:AWS_SESSION_TOKEN = $matches['token']
        $env:AWS_CREDENTIAL_EXPIRATION = $matches['until']
        $env:AWSMFA_EXPIRES = $matches['expires']
        $env:AWSMFA_PROFILE = $matches['profile']
    }
    if ($matches['rest'] -is [string]) {
        . {
            switch -Regex ($matches['rest'] -split "`n") {
                # A secret is passed to no method, if it has no escapes: PowerShell 7 shows these to virus scanners.
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
        }
    }
    if ($run -is [array]) {
        $all = $run + $all
        # What the user has set counts for the command.
        Remove-Variable -Name PSNativeCommandUseErrorActionPreference -Scope Local -WhatIf:$false -Confirm:$false
        if ($MyInvocation.ExpectingInput) { $input | PROGRAM @all } else { PROGRAM @all }
    }
    if ($LASTEXITCODE -eq 0) { return }
    if ($run -isnot [array]) {
        if ($message.Count -eq 0) { $message = "awsmfa: exit code $LASTEXITCODE" }
        Write-Error -Message ($message -join "`n") -ErrorAction Stop
    }
    . {
        if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') { throw "awsmfa: exit code $LASTEXITCODE" }
        $ErrorActionPreference = 'SilentlyContinue' # 5.1 knows no Ignore here
        $known = $Error.Count
        try { throw } catch { $PSCmdlet.WriteError($_) }
        while ($Error.Count -gt $known) { $Error.RemoveAt(0) }
    }
}
