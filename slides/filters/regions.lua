-- Problem: code on a slide that nobody builds is wrong sooner or later.
-- Idea: the slide names a region of a source; its text is put in when the deck
-- is made. A region that is not there, or is too large to be read from the last
-- row, is an error.
--
--     // DOC: NAME          begins (# in Python, shell and Lua: # or --)
--     // END: NAME          ends; regions may lie in each other
local trouble = require("trouble")
local hooks = require("hooks")
local M = {}

local MOST_LINES, MOST_COLUMNS, TAB = 12, 68, 4
local LANGUAGES = {c = true, rust = true, javascript = true, python = true}

-- "DOC", "NAME" of a line that marks; else nil.
local function mark(line)
    for _, comment in ipairs({"//", "#", "%-%-"}) do
        local what, name = line:match("^%s*" .. comment .. "%s*(%u+):%s+(%S+)%s*$")

        if what == "DOC" or what == "END" then
            return what, name
        end
    end
end

local function read_lines(path)
    local f = io.open(path, "rb")
    local all = f and f:read("a") -- of a folder: nil
    local lines = {}

    if f ~= nil then
        f:close()
    end
    if all == nil then
        return nil
    end
    for line in all:gmatch("([^\n]*)\n?") do
        table.insert(lines, (line:gsub("\r$", ""):gsub("\t", (" "):rep(TAB))))
    end
    return lines
end

-- Where `name` begins and ends: line numbers of its marks; or nil and why not.
local function find(lines, name)
    local first, last, known = nil, nil, {}

    for number, line in ipairs(lines) do
        local what, found = mark(line)

        if what == "DOC" then
            table.insert(known, found)
        end
        if found == name and what == "DOC" then
            if first ~= nil then
                return nil, string.format("is there twice, in lines %d and %d",
                                          first, number)
            end
            first = number
        elseif found == name and what == "END" and last == nil then
            last = number
        end
    end
    if first == nil then
        return nil, "is not there; there " ..
            (#known == 0 and "is none" or "are: " .. table.concat(known, ", "))
    elseif last == nil or last < first then
        return nil, string.format("begins in line %d and never ends: write " ..
                                  "END: %s behind it", first, name)
    end
    return first, last
end

-- The lines between the marks, without marks and without the indentation that
-- all of them share; beside each, where it stands in its file.
local function cut(lines, first, last)
    local kept, places, indent = {}, {}, math.huge

    for number = first + 1, last - 1 do
        local line = lines[number]:gsub("%s+$", "")

        if mark(line) == nil then
            table.insert(kept, line)
            table.insert(places, number)
            if line ~= "" then
                indent = math.min(indent, #line:match("^ *"))
            end
        end
    end
    for i, line in ipairs(kept) do
        kept[i] = line ~= "" and line:sub(indent + 1) or ""
    end
    return kept, places
end

local function check_size(lines, what, places)
    if table.concat(lines) == "" then
        trouble.say("%s is empty", what)
    elseif #lines > MOST_LINES then
        trouble.say("%s has %d lines, a slide shows %d: mark less of it, or " ..
                    "make two slides", what, #lines, MOST_LINES)
    end
    for number, line in ipairs(lines) do
        local columns = utf8.len(line)

        if columns == nil then
            trouble.say("%s: line %d is not UTF-8", what, places[number])
        elseif columns > MOST_COLUMNS then
            trouble.say("%s: line %d has %d columns, a slide shows %d: %s",
                        what, places[number], columns, MOST_COLUMNS, line)
        end
    end
end

local function check_highlight(code, lines, what)
    local highlight = code.attributes.highlight

    if highlight == nil then
        return ""
    elseif not highlight:match("^[%d|,%-]+$") then
        trouble.say('%s: highlight="%s" is no list of lines such as "1-3|5"',
                    what, highlight)
        return ""
    end
    for number in highlight:gmatch("%d+") do
        if tonumber(number) < 1 or tonumber(number) > #lines then
            trouble.say("%s: highlight names line %s, it has %d", what, number,
                        #lines)
        end
    end
    return highlight
end

local ENTITIES = {["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;",
                  ['"'] = "&quot;"}

local function escape(text)
    return (text:gsub('[&<>"]', ENTITIES))
end

local function figure(language, lines, highlight, caption)
    local steps = highlight ~= "" and
        string.format(' data-line-numbers="%s"', escape(highlight)) or ""
    local below = caption ~= nil and
        "\n<figcaption>" .. escape(caption) .. "</figcaption>" or ""

    return pandoc.RawBlock("html", string.format(
        '<figure class="code"><pre><code class="language-%s"%s>%s</code>' ..
        "</pre>%s</figure>", escape(language), steps,
        escape(table.concat(lines, "\n")), below))
end

-- What is no program (a command, an output) may be typed; its size counts.
local function typed(code)
    local language = code.classes[1] or "plaintext"
    local lines, places = {}, {}

    for line in (code.text .. "\n"):gmatch("(.-)\n") do
        table.insert(lines, line)
        table.insert(places, #lines)
    end
    if LANGUAGES[language] then
        trouble.say("code in %s that was typed: mark it in a file that is " ..
                    "built, and name file and region", language)
    end
    check_size(lines, "a block of " .. language, places)
    return figure(language, lines, check_highlight(code, lines, "a block"))
end

-- The block as HTML; on an error it has been said, and the block stays.
function M.fill(code)
    local path, name = code.attributes.file, code.attributes.region
    local what, lines, places, first, last

    if path == nil and name == nil then
        return typed(code)
    elseif path == nil or name == nil then
        trouble.say("a code block names its file or its region, not both: " ..
                    "write {.c file=server/named.c region=NAME}")
        return nil
    end
    what = string.format("region %s of %s", name, path)
    lines = not path:match("^/") and not path:match("%.%.") and read_lines(path)
    if not lines then
        trouble.say("%s: the file cannot be read (its path begins at the " ..
                    "root of the repository)", what)
        return nil
    end
    first, last = find(lines, name)
    if first == nil then
        trouble.say("region %s in %s %s", name, path, last)
        return nil
    end
    lines, places = cut(lines, first, last)
    check_size(lines, what, places)
    return {
        hooks.comment({kind = "source", file = path}),
        figure(code.classes[1] or "plaintext", lines,
               check_highlight(code, lines, what),
               string.format("%s:%d", path, first + 1)),
    }
end

return M
