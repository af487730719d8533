-- SPDX-License-Identifier: Apache-2.0
-- wick completion bash|zsh: a script for the shell, from the same tables that parse the options.
local M = {
  name = "completion",
  summary = "a completion script for bash or zsh",
  text = [[
Load it once, or write it where the shell looks for completions.]],
  example = "source <(wick completion bash)\nwick completion zsh > ~/.zfunc/_wick",
  args = { value = "bash|zsh", min = 1, max = 1, choices = { "bash", "zsh" } },
}

local commands = { "run", "sim", "replay", "candles", "feed", "config", "migrate", "doctor",
  "completion", "version", "help" }

-- Every command with its own words: { path = "feed check", spec }.
local function all()
  local out = {}
  for _, name in ipairs(commands) do
    local spec = name == "completion" and M or require("wick.cli." .. name)
    out[#out + 1] = { path = name, spec = spec }
    local subs = {}
    for sub in pairs(spec.sub or {}) do subs[#subs + 1] = sub end
    table.sort(subs)
    for _, sub in ipairs(subs) do
      out[#out + 1] = { path = name .. " " .. sub, spec = spec.sub[sub] }
    end
  end
  return out
end

-- What may stand as a value: words, and whether files may.
local function values(o, keys)
  if o.choices then return table.concat(o.choices, " "), false end
  if o.complete == "settings" then return keys, false end
  return "", o.complete == "file"
end

local function first_words(spec)
  local out = {}
  for sub in pairs(spec.sub or {}) do out[#out + 1] = sub end
  for _, c in ipairs(spec.name == "help" and commands or {}) do out[#out + 1] = c end
  for _, c in ipairs(spec.args and spec.args.choices or {}) do out[#out + 1] = c end
  table.sort(out)
  return table.concat(out, " ")
end

local function words(entry)
  local out = {}
  for _, o in ipairs(entry.spec.options or {}) do out[#out + 1] = "--" .. o[1] end
  out[#out + 1] = "--help"
  return table.concat(out, " ")
end

local function setting_keys(sh)
  local ok, rows = pcall(sh.rows)
  local out = {}
  for i, row in ipairs(ok and rows or {}) do out[i] = row.key .. "=" end
  return table.concat(out, " ")
end

local bash_head = [[
# bash completion of wick; source it, or write it to a file that bash-completion reads.
_wick() {
  local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}"
  local cmd="${COMP_WORDS[1]}" path="${COMP_WORDS[1]}" opts="" args="" files=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "@commands@" -- "$cur"))
    return
  fi
  if [ "$COMP_CWORD" -gt 2 ]; then
    case "$cmd ${COMP_WORDS[2]}" in
      @subs@) path="$cmd ${COMP_WORDS[2]}" ;;
    esac
  fi
  case "$path" in
]]

local bash_tail = [[
  esac
  case "$path $prev" in
@values@    *)
      case "$cur" in
        -*) COMPREPLY=($(compgen -W "$opts" -- "$cur")) ;;
        *) COMPREPLY=($(compgen -W "$args" -- "$cur"))
           [ -n "$files" ] && COMPREPLY+=($(compgen -f -- "$cur")) ;;
      esac ;;
  esac
  case "${COMPREPLY[0]}" in *=) compopt -o nospace 2>/dev/null ;; esac
}
complete -o filenames -F _wick wick wickd
]]

local function bash(sh)
  local keys, cases, vals, subs = setting_keys(sh), {}, {}, {}
  for _, e in ipairs(all()) do
    local files = e.spec.args and e.spec.args.complete == "file" and "1" or ""
    cases[#cases + 1] = ('    "%s") opts="%s" args="%s" files="%s" ;;\n'):format(e.path, words(e),
      first_words(e.spec), files)
    if e.path:find " " then subs[#subs + 1] = ('"%s"'):format(e.path) end
    for _, o in ipairs(e.spec.options or {}) do
      if o.value then
        local list, file = values(o, keys)
        vals[#vals + 1] = ('    "%s --%s") COMPREPLY=($(compgen %s-W "%s" -- "$cur")) ;;\n'):format(
          e.path, o[1], file and "-f " or "", list)
      end
    end
  end
  local head = bash_head:gsub("@commands@", table.concat(commands, " "))
    :gsub("@subs@", table.concat(subs, "|"))
  local tail = bash_tail:gsub("@values@", function() return table.concat(vals) end)
  return head .. table.concat(cases) .. tail
end

local function zsh_quote(text)
  return (text:gsub("'", "'\\''"):gsub("[%[%]:]", "\\%0"))
end

local function zsh_options(e, keys)
  local out = {}
  for _, o in ipairs(e.spec.options or {}) do
    local action = ""
    if o.value then
      local list, file = values(o, keys)
      action = (":%s:%s"):format(zsh_quote(o.value), file and "_files"
        or list ~= "" and "(" .. list .. ")" or " ")
    end
    out[#out + 1] = ("'%s--%s[%s]%s'"):format(o.many and "*" or "", o[1], zsh_quote(o.help or ""),
      action)
  end
  out[#out + 1] = "'--help[this text]'"
  local first = first_words(e.spec)
  if first ~= "" then out[#out + 1] = ("'1: :(%s)'"):format(first) end
  out[#out + 1] = e.spec.args and e.spec.args.complete == "file" and "'*:file:_files'" or nil
  return table.concat(out, " ")
end

local function zsh(sh)
  local keys, cases, list, subs = setting_keys(sh), {}, {}, {}
  for _, e in ipairs(all()) do
    if e.path:find " " then
      subs[#subs + 1] = ('"%s"'):format(e.path)
    else
      list[#list + 1] = ("'%s:%s'"):format(e.path, zsh_quote(e.spec.summary))
    end
    cases[#cases + 1] = ('    "%s") _arguments %s ;;\n'):format(e.path, zsh_options(e, keys))
  end
  return table.concat { "#compdef wick wickd\n_wick() {\n  local -a commands\n  commands=(",
    table.concat(list, " "), ")\n",
    "  if (( CURRENT == 2 )); then _describe command commands; return; fi\n",
    '  local path="$words[2]"\n  shift words; (( CURRENT-- ))\n',
    '  case "$path $words[2]" in ', table.concat(subs, "|"), ')\n',
    '    (( CURRENT > 2 )) && { path="$path $words[2]"; shift words; (( CURRENT-- )) } ;; esac\n',
    '  case "$path" in\n', table.concat(cases), '  esac\n}\n_wick "$@"\n' }
end

function M.main(shell_name, sh)
  sh.out(shell_name[1] == "bash" and bash(sh) or zsh(sh))
  return 0
end

return M
