-- What is measured, not written: replays, figures, votes. Pandoc cannot play a
-- demo, so each becomes a hook, `<!--fishbowl {JSON}-->` … `<!--/fishbowl-->`
-- around its text, which tools/fill.mjs replaces. No text of a slide can look
-- like a hook: pandoc escapes it, and raw HTML in a slide is an error.
local trouble = require("trouble")
local output = require("output")
local M = {}

local PANES = {tasks = true, tree = true, source = true, lanes = true,
               timeline = true, story = true, findings = true}
local VIEWS = {tree = true, lanes = true, timeline = true, run = true}

-- kind → attribute → whether it must be there
local KINDS = {
    replay = {demo = true, mark = true, show = false, view = false, by = false,
              task = false, width = false, tell = false},
    figure = {demo = true, mark = true, view = true, task = false,
              width = false},
    vote = {demo = true, question = true},
}

-- ---- JSON in a comment ----

local function json_text(s)
    return '"' .. s:gsub('[%c"\\<>&-]', function(c)
        return string.format("\\u%04x", c:byte())
    end) .. '"'
end

function M.comment(fields)
    local parts = {}

    for key, value in pairs(fields) do
        table.insert(parts, json_text(key) .. ":" ..
            (type(value) == "number" and tostring(value) or json_text(value)))
    end
    table.sort(parts)
    return pandoc.RawBlock("html", "<!--fishbowl {" ..
                           table.concat(parts, ",") .. "}-->")
end

-- ---- checks ----

local function check_attributes(kind, attributes)
    for name, needed in pairs(KINDS[kind]) do
        if needed and attributes[name] == nil then
            trouble.say("a %s without %s: ::: {.%s demo=default …}", kind, name,
                        kind)
        end
    end
    for name in pairs(attributes) do
        if KINDS[kind][name] == nil then
            trouble.say("a %s does not know %s", kind, name)
        end
    end
    for _, name in ipairs({"demo", "mark", "question"}) do
        local value = attributes[name]

        if value ~= nil and not value:match("^[%w][%w_-]*$") then
            trouble.say("a %s: %s=%s is no name", kind, name, value)
        end
    end
end

local function check_values(kind, attributes)
    local view, width = attributes.view, attributes.width

    for pane in (attributes.show or ""):gmatch("[^,]+") do
        if not PANES[pane] then
            trouble.say("a %s: show names %s, which is no pane (tasks, tree, " ..
                        "source, lanes, timeline, story, findings)", kind, pane)
        end
    end
    if view ~= nil and not VIEWS[view] then
        trouble.say("a %s: view=%s is none of tree, lanes, timeline, run", kind,
                    view)
    end
    if attributes.by ~= nil and attributes.by ~= "time" then
        trouble.say("a %s: by=%s is not by=time", kind, attributes.by)
    end
    if width ~= nil and not width:match("^%d+$") then
        trouble.say("a %s: width=%s is no number of pixels", kind, width)
    end
end

-- A misspelt kind would be a div like any other, and show nothing.
local function check_kind(div, kind)
    for name in pairs(div.attributes) do
        if kind == nil and (name == "demo" or name == "question") then
            trouble.say("a div with %s is a replay, a figure or a vote, not: %s",
                        name, table.concat(div.classes, " "))
        end
    end
    for _, block in ipairs(div.content) do
        if block.t == "RawBlock" and block.text:match("^<!%-%-/fishbowl") then
            trouble.say("a %s has another in it: write them below each other",
                        kind)
        end
    end
end

-- The hook around the div's text, for a div that is one; else nil.
function M.make(div)
    local out, fields, kind = pandoc.List(), {}, nil

    for _, class in ipairs(div.classes) do
        kind = KINDS[class] ~= nil and class or kind
    end
    if div.classes:includes("output") then
        local made, caption = output.make(div)

        check_kind(div, "output")
        if made == nil then
            return nil
        end
        out:insert(M.comment(made))
        out:extend(caption)
        out:insert(pandoc.RawBlock("html", "<!--/fishbowl-->"))
        return out
    end
    if kind == nil then
        check_kind(pandoc.Div({}, div.attr), nil)
        return nil
    end
    check_kind(div, kind)
    for name, value in pairs(div.attributes) do
        fields[name] = value
    end
    check_attributes(kind, fields)
    check_values(kind, fields)
    if kind == "vote" and #div.content > 0 then
        trouble.say("a vote has no text: the question is in votes/")
    elseif kind ~= "vote" and #div.content == 0 then
        trouble.say("a %s without text: say what to look for", kind)
    end
    fields.kind = kind
    fields.said = pandoc.utils.stringify(div)
    out:insert(M.comment(fields))
    out:extend(div.content)
    out:insert(pandoc.RawBlock("html", "<!--/fishbowl-->"))
    return out
end

return M
