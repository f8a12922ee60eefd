
# Before each prompt AWSMFA_PROMPT is set: the profile, and how long its session lasts. No process is started.
_awsmfa_hook() {
	emulate -L zsh
	setopt no_err_exit no_err_return no_xtrace no_verbose extended_glob
	local name=${${AWSMFA_PROFILE-}//[[:cntrl:]]/?}
	local text=$name
	local -i now left
	if [[ ${AWSMFA_EXPIRES-} == [0-9]## ]]; then
		now=${(%):-%D{%s}}
		left=$(( AWSMFA_EXPIRES - now ))
		if (( RENEWS && left < 300 && now >= ${_awsmfa_next-0} )); then
			typeset -gi _awsmfa_next=$(( now + 60 ))
			FUNCTION --renew 2>/dev/null || _awsmfa_next=$(( now + 300 ))
			left=$(( AWSMFA_EXPIRES - now ))
		fi
		if (( left <= 0 )); then
			text+=ENDED_WORD
			if [[ ${_awsmfa_said-} != $AWSMFA_EXPIRES ]]; then
				typeset -g _awsmfa_said=$AWSMFA_EXPIRES
				print -ru2 -- "awsmfa: $name:" ENDED_LINE$name
			fi
		elif (( left < 60 )); then
			text+=" ${left}s"
		elif (( left < 3600 )); then
			text+=" $(( left / 60 ))m"
		else
			text+=" $(( left / 3600 ))h$(( left % 3600 / 60 ))m"
		fi
	fi
	if [[ -n $text ]]; then
		export AWSMFA_PROMPT=${text# }
	else
		unset AWSMFA_PROMPT
	fi
	export AWSMFA_HOOK=ran:$$':FUNCTION'
}

# The segment, for PROMPT='$(awsmfa_prompt)', with its percent signs doubled.
awsmfa_prompt() { print -rn -- ${${AWSMFA_PROMPT-}//\%/%%} }

() { # first, so that the other hooks see the segment
	emulate -L zsh
	typeset -ga precmd_functions
	precmd_functions=(_awsmfa_hook ${precmd_functions:#_awsmfa_hook})
}
export AWSMFA_HOOK=loaded:$$':FUNCTION'
