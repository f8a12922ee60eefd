
# Before each prompt AWSMFA_PROMPT is set: the profile, and how long its session lasts. No process is started.
$env.config.hooks.pre_prompt = (
  $env.config.hooks.pre_prompt? | default [] | where {|hook| ($hook | describe) !~ '^record<awsmfa_hook' }
  | prepend {awsmfa_hook: true, code: {||
    let code = ($env.LAST_EXIT_CODE? | default 0)
    let name = ($env.AWSMFA_PROFILE? | default '' | str replace --all --regex '[[:cntrl:]]' '?')
    mut text = $name
    let expires = ($env.AWSMFA_EXPIRES? | default '' | into string)
    if $expires =~ '^[0-9]{1,15}$' {
      let now = ((date now | into int) // 1_000_000_000)
      mut left = (($expires | into int) - $now)
      if RENEWS == 1 and $left < 300 and $now >= ($env.AWSMFA_NEXT? | default 0 | into int) {
        $env.AWSMFA_NEXT = $now + 300
        try {
          FUNCTION --renew
          $env.AWSMFA_NEXT = $now + 60
        }
        $left = ($env.AWSMFA_EXPIRES | into int) - $now
      }
      if $left <= 0 {
        $text = $text + ENDED_WORD
        if $expires != ($env.AWSMFA_SAID? | default '') {
          $env.AWSMFA_SAID = $expires
          print --stderr $"awsmfa: ($name): (ENDED_LINE)($name)"
        }
      } else if $left < 60 {
        $text = $"($text) ($left)s"
      } else if $left < 3600 {
        $text = $"($text) ($left // 60)m"
      } else {
        $text = $"($text) ($left // 3600)h($left mod 3600 // 60)m"
      }
    }
    if $text == '' {
      hide-env --ignore-errors AWSMFA_PROMPT
    } else {
      $env.AWSMFA_PROMPT = ($text | str trim --left)
    }
    $env.AWSMFA_HOOK = $"ran:($nu.pid):FUNCTION"
    $env.LAST_EXIT_CODE = $code
  }}
)
$env.AWSMFA_HOOK = $"loaded:($nu.pid):FUNCTION"
