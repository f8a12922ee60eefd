
# Before each prompt AWSMFA_PROMPT is set: the profile, and how long its session lasts. Elvish does not know the time: on
# Linux files of the kernel tell it, elsewhere date does, while there is a session.
use math
use re
use str
if (not (str:contains $E:AWSMFA_HOOK ':'$pid':')) { # else it is loaded already
  var said = ''
  var next = 0
  fn now {
    try {
      var booted = [(re:find '\nbtime (\d+)' (slurp < /proc/stat))][0][groups][1][text]
      + $booted [(str:split . (slurp < /proc/uptime))][0]
    } catch e {
      num (e:date +%s)
    }
  }
  fn hook {
    var name = (re:replace '[[:cntrl:]]' '?' $E:AWSMFA_PROFILE)
    var text = $name
    if (re:match '^[0-9]{1,15}$' $E:AWSMFA_EXPIRES) {
      var now = (now)
      var left = (- $E:AWSMFA_EXPIRES $now)
      if (and (== RENEWS 1) (< $left 300) (>= $now $next)) {
        set next = (+ $now 60)
        try {
          eval (PROGRAM function elvish FUNCTION -- --renew 2>/dev/null | slurp)
        } catch e {
          set next = (+ $now 300)
        }
        set left = (- $E:AWSMFA_EXPIRES $now)
      }
      if (<= $left 0) {
        set text = $text(put ENDED_WORD)
        if (not-eq $said $E:AWSMFA_EXPIRES) {
          set said = $E:AWSMFA_EXPIRES
          echo 'awsmfa: '$name': '(put ENDED_LINE)$name >&2
        }
      } elif (< $left 60) {
        set text = $text' '$left's'
      } elif (< $left 3600) {
        set text = $text' '(math:floor (/ $left 60))'m'
      } else {
        set text = $text' '(math:floor (/ $left 3600))'h'(math:floor (/ (% $left 3600) 60))'m'
      }
    }
    if (eq $text '') {
      unset-env AWSMFA_PROMPT
    } else {
      set-env AWSMFA_PROMPT (str:trim-left $text ' ')
    }
    set-env AWSMFA_HOOK 'ran:'$pid':FUNCTION'
  }
  try {
    set edit:before-readline = [{ try { hook } catch e { } } $@edit:before-readline]
  } catch e { } # there is no edit: in a script
}
set-env AWSMFA_HOOK 'loaded:'$pid':FUNCTION'
