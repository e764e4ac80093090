-- Notes are read at a glance, while talking: few bullets, short, each begins
-- with what it is for.
local trouble = require("trouble")
local M = {}

local MOST_BULLETS, MOST_CHARACTERS = 5, 160
local WORDS = {["Ask:"] = "ask", ["Demo:"] = "demo", ["Note:"] = "note"}
local text = pandoc.utils.stringify

local function check_bullet(item)
    local said = text(pandoc.Div(item))
    local first = item[1] ~= nil and item[1].content ~= nil and item[1].content[1]
    local class = first and first.t == "Str" and WORDS[first.text]

    if not class then
        trouble.say('a note begins with "Ask:", "Demo:" or "Note:", not: %s',
                    said:sub(1, 40))
        return
    end
    if utf8.len(said) > MOST_CHARACTERS then
        trouble.say("a note has %d characters, %d can be read at a glance: %s…",
                    utf8.len(said), MOST_CHARACTERS, said:sub(1, 40))
    end
    item[1].content[1] = pandoc.Span(pandoc.Strong(first), {class = "say " .. class})
end

-- The notes with their first words marked.
function M.check(div)
    local list = div.content[1]

    if #div.content ~= 1 or list.t ~= "BulletList" then
        trouble.say("its notes are one list of bullets, no other text")
        return nil
    elseif #list.content > MOST_BULLETS then
        trouble.say("it has %d notes, %d can be read at a glance",
                    #list.content, MOST_BULLETS)
    end
    for _, item in ipairs(list.content) do
        check_bullet(item)
    end
    return div
end

return M
