
# Before each prompt AWSMFA_PROMPT is set: the profile, and how long its session lasts. No process is started, except
# for date while there is a session in fish before 3.6.
function _awsmfa_hook --on-event fish_prompt
    set -l fish_trace
    set -l name (string replace -ra '[[:cntrl:]]' '?' -- "$AWSMFA_PROFILE")
    set -l text $name
    if string match -qr '^[0-9]+$' -- "$AWSMFA_EXPIRES"
        set -l now (path mtime / 2>/dev/null) (path mtime -R / 2>/dev/null) # since 1970, and since then
        if set -q now[2]
            set now (math "$now[1] + $now[2]")
        else
            set now (command date +%s)
        end
        set -l left (math "$AWSMFA_EXPIRES - $now")
        if test RENEWS = 1 -a $left -lt 300; and not test "$_awsmfa_next" -gt $now 2>/dev/null
            set -g _awsmfa_next (math "$now + 60")
            FUNCTION --renew 2>/dev/null; or set -g _awsmfa_next (math "$now + 300")
            set left (math "$AWSMFA_EXPIRES - $now")
        end
        if test $left -le 0
            set text "$text"ENDED_WORD
            if test "$_awsmfa_said" != "$AWSMFA_EXPIRES"
                set -g _awsmfa_said $AWSMFA_EXPIRES
                printf 'awsmfa: %s: %s%s\n' "$name" ENDED_LINE "$name" >&2
            end
        else if test $left -lt 60
            set text "$text $left"s
        else if test $left -lt 3600
            set text "$text "(math -s0 "$left / 60")m
        else
            set text "$text "(math -s0 "$left / 3600")h(math -s0 "$left % 3600 / 60")m
        end
    end
    if test -n "$text"
        set -gx AWSMFA_PROMPT (string trim -l -- $text)
    else
        set -ge AWSMFA_PROMPT
    end
    set -gx AWSMFA_HOOK ran:$fish_pid:FUNCTION
end

function awsmfa_prompt --description 'The profile, and how long its session lasts'
    printf %s "$AWSMFA_PROMPT"
end

set -gx AWSMFA_HOOK loaded:$fish_pid:FUNCTION
