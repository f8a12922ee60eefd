
# Before each prompt AWSMFA_PROMPT is set: the profile, and how long its session lasts. No process is started, and $? is
# kept.
_awsmfa_hook() {
	local _awsmfa_status=$? _awsmfa_name="${AWSMFA_PROFILE-}" _awsmfa_text _awsmfa_now _awsmfa_left
	_awsmfa_name="${_awsmfa_name//[[:cntrl:]]/?}"
	_awsmfa_text="$_awsmfa_name"
	case "${AWSMFA_EXPIRES-}" in
	'' | 0* | *[!0-9]*) ;;
	*)
		# bash 3.2 knows no time, only the seconds since its start.
		printf -v _awsmfa_now '%(%s)T' -1 2>/dev/null || _awsmfa_now=$((_awsmfa_started + SECONDS))
		_awsmfa_left=$((AWSMFA_EXPIRES - _awsmfa_now))
		if ((RENEWS && _awsmfa_left < 300 && _awsmfa_now >= ${_awsmfa_next-0})); then
			_awsmfa_next=$((_awsmfa_now + 60))
			FUNCTION --renew 2>/dev/null || _awsmfa_next=$((_awsmfa_now + 300))
			_awsmfa_left=$((AWSMFA_EXPIRES - _awsmfa_now))
		fi
		if ((_awsmfa_left <= 0)); then
			_awsmfa_text+=ENDED_WORD
			if [ "${_awsmfa_said-}" != "$AWSMFA_EXPIRES" ]; then
				_awsmfa_said="$AWSMFA_EXPIRES"
				printf 'awsmfa: %s: %s%s\n' "$_awsmfa_name" ENDED_LINE "$_awsmfa_name" >&2
			fi
		elif ((_awsmfa_left < 60)); then
			_awsmfa_text+=" ${_awsmfa_left}s"
		elif ((_awsmfa_left < 3600)); then
			_awsmfa_text+=" $((_awsmfa_left / 60))m"
		else
			_awsmfa_text+=" $((_awsmfa_left / 3600))h$((_awsmfa_left % 3600 / 60))m"
		fi
		;;
	esac
	if [ -n "$_awsmfa_text" ]; then
		export AWSMFA_PROMPT="${_awsmfa_text# }"
	else
		unset AWSMFA_PROMPT
	fi
	export AWSMFA_HOOK="ran:$$:FUNCTION"
	case $- in
	*e*) ;; # it would end the shell; bash keeps $? for the prompt itself
	*) return "$_awsmfa_status" ;;
	esac
}

# The segment, for PS1='$(awsmfa_prompt)'; ${AWSMFA_PROMPT-} needs no subshell.
awsmfa_prompt() { printf %s "${AWSMFA_PROMPT-}"; }

_awsmfa_started=$((STARTED_AT - SECONDS))
export AWSMFA_HOOK="loaded:$$:FUNCTION"
case "${PROMPT_COMMAND[*]-}" in
*_awsmfa_hook*) ;;
*) PROMPT_COMMAND="_awsmfa_hook${PROMPT_COMMAND:+;$PROMPT_COMMAND}" ;;
esac
