/** Stands on a line of its own where a path may stand, too. */
export const FILES = ":files";

/**
 * What each shell runs to complete `vitrine`: it asks the very command that is being typed, `COMMAND complete -- WORDS`, of which the last word is the one at the
 * cursor. An answer is a line with the text, a tab and what it does.
 */
export const SCRIPTS = {
  // Words are those of the line rather than bash's own, which end at : and =; what stands before the last such end is not bash's to replace.
  bash: `_vitrine() {
  local line=\${COMP_LINE:0:COMP_POINT} words=() word answer IFS=$' \\t\\n'
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  word=\${words[-1]}
  local kept=\${word%"$2"}
  COMPREPLY=()
  while IFS=$'\\t' read -r answer _; do
    if [[ $answer == ${FILES} ]]; then compopt -o default
    else
      [[ $answer == *: ]] && compopt -o nospace
      COMPREPLY+=("\${answer#"$kept"}")
    fi
  done < <("\${words[0]}" complete -- "\${words[@]:1}" 2> /dev/null)
}
complete -F _vitrine vitrine
`,
  zsh: `#compdef vitrine
_vitrine() {
  local line files
  local -a found spaced
  "\${(@Q)words[1]}" complete -- "\${(@Q)words[2,CURRENT]}" 2> /dev/null | while IFS= read -r line; do
    if [[ $line == ${FILES} ]]; then files=1; continue; fi
    line=\${line//:/\\\\:}
    if [[ \${line%%$'\\t'*} == *: ]]; then spaced+=("\${line/$'\\t'/:}"); else found+=("\${line/$'\\t'/:}"); fi
  done
  _describe vitrine found
  _describe vitrine spaced -S ''
  [[ -n $files ]] && _files
}
compdef _vitrine vitrine
`,
  fish: `function __vitrine_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] complete -- $words[2..] 2> /dev/null)
        if test "$line" = ${FILES}
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c vitrine -f -a '(__vitrine_complete)'
`,
} as const;
