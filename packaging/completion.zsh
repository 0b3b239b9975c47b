#compdef pikv pikvd
# Completion of pikv and pikvd: each lists by itself what may follow, with a word about it.
_pikv() {
  local -a found
  local ask=${(Q)words[CURRENT]}
  [[ $ask == -- ]] && ask=- # that alone would end the flags
  found=("${(@f)$(SHELL=zsh "${(@Q)words[1,CURRENT-1]}" "$ask" --generate-bash-completion 2>/dev/null)}")
  if [[ -n "${found[1]}" ]]; then
    _describe value found
  else
    _files
  fi
}
compdef _pikv pikv pikvd
[[ $funcstack[1] == _pikv ]] && _pikv "$@"
