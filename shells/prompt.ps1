
# Before each prompt AWSMFA_PROMPT is set: the profile, and how long its session lasts. No process is started; $? and
# $LASTEXITCODE are kept.
function global:_awsmfa_hook {
    $name = "$env:AWSMFA_PROFILE" -replace '\p{Cc}', '?'
    $text = $name
    if ("$env:AWSMFA_EXPIRES" -match '^[0-9]{1,15}$') {
        $now = [long][math]::Floor((Get-Date).ToUniversalTime().Ticks / 10000000) - 62135596800
        $left = [long]$env:AWSMFA_EXPIRES - $now
        if (RENEWS -and $left -lt 300 -and $now -ge $global:_awsmfa_state.Next) {
            $global:_awsmfa_state.Next = $now + 300
            try {
                FUNCTION --renew 2>$null
                $global:_awsmfa_state.Next = $now + 60
            } catch {
                if ($Error.Count) { $Error.RemoveAt(0) }
            }
            $left = [long]$env:AWSMFA_EXPIRES - $now
        }
        if ($left -le 0) {
            $text += ENDED_WORD
            if ($global:_awsmfa_state.Said -ne $env:AWSMFA_EXPIRES) {
                $global:_awsmfa_state.Said = $env:AWSMFA_EXPIRES
                Write-Host ("awsmfa: ${name}: " + ENDED_LINE + $name)
            }
        } elseif ($left -lt 60) {
            $text = "$text ${left}s"
        } elseif ($left -lt 3600) {
            $text = "$text $([math]::Floor($left / 60))m"
        } else {
            $text = "$text $([math]::Floor($left / 3600))h$([math]::Floor($left % 3600 / 60))m"
        }
    }
    $env:AWSMFA_PROMPT = $text.TrimStart()
    $env:AWSMFA_HOOK = "ran:${PID}:FUNCTION"
}

# Puts the hook into the prompt, unless it is in it. Another tool's prompt may call an earlier one of these, so each is
# called for one of the prompts before, the newest first.
function global:_awsmfa_attach {
    if ("$function:prompt" -like '*_awsmfa_hook*') { return }
    $global:_awsmfa_state.Prompts += $function:prompt
    function global:prompt {
        $ok = $?
        $code = Get-Variable -Scope Global -Name LASTEXITCODE -ValueOnly -ErrorAction Ignore
        $state = $global:_awsmfa_state
        if ($state.Depth -eq 0) { _awsmfa_hook }
        $global:LASTEXITCODE = $code
        $state.Depth++
        try {
            if (-not $ok) { Write-Error '' -ErrorAction Ignore }
            & $state.Prompts[-$state.Depth]
        } finally {
            $state.Depth--
        }
    }
}

if (-not (Test-Path Variable:global:_awsmfa_state)) {
    $global:_awsmfa_state = @{ Next = 0; Said = ''; Prompts = @(); Depth = 0 }
    # A tool that is loaded later may replace the prompt: once the first prompt is shown, the hook is put back.
    try {
        $null = Register-EngineEvent -SourceIdentifier PowerShell.OnIdle -MaxTriggerCount 1 -SupportEvent -Action {
            _awsmfa_attach
            $env:AWSMFA_HOOK = "ran:${PID}:FUNCTION"
        }
    } catch { $null = $_ }
}
$env:AWSMFA_HOOK = "loaded:${PID}:FUNCTION"
_awsmfa_attach
