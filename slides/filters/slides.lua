-- Problem: a lecture is text, but a slide is sure only where nobody could type
-- it: code as it is built, pictures as they were measured, minutes that add up.
--
-- Idea: pandoc reads the text, this filter walks over each slide. Code blocks
-- become regions of sources (regions.lua). What is measured becomes a hook, a
-- comment with JSON in it, that tools/fill.mjs replaces (hooks.lua). All the
-- rest is pandoc's.
--
--     deck.yaml ──► a file of deck/ for each block ──► Header 2, blocks, Header 2 …
--                                                          └ a slide begins
--
-- Alone, at the root of the repository:
--     pandoc --metadata-file=slides/deck/deck.yaml -L slides/filters/slides.lua \
--         -t revealjs (or html) </dev/null
--
-- Invariants: every mistake in the text is found in one run and told with the
-- file, the slide, and what would be right; then there is no output.
local here = PANDOC_SCRIPT_FILE:match("^(.*)/") or "."
package.path = here .. "/?.lua;" .. package.path
local trouble = require("trouble")
local regions = require("regions")
local hooks = require("hooks")
local notes = require("notes")
local output = require("output")

local HANDOUT = not FORMAT:match("revealjs")
local text = pandoc.utils.stringify

local blocks = {} -- of the lecture: number, file, title, minutes, sum
local slides = 0
local ids = {} -- id → where it was given

-- No markup but ours: what looks like HTML is text, and is escaped.
local READS = "markdown-raw_html-raw_tex-raw_attribute-native_divs-native_spans"

-- ---- the blocks of the lecture ----

-- What deck.yaml says, or nothing, and a word.
local function said_of(meta, name, what)
    local value = meta[name] ~= nil and text(meta[name]) or ""

    if value == "" then
        trouble.say("%s has no %s: write \"%s: …\"", what, name, name)
    end
    return value
end

local function block_begin(said)
    local number = #blocks + 1
    local what = "its block " .. number
    local minutes = said_of(said, "minutes", what)

    if minutes ~= "" and not minutes:match("^[1-9]%d?%d?$") then
        trouble.say("%s: minutes: %s is no number of minutes", what, minutes)
    end
    blocks[number] = {
        number = number, file = said_of(said, "file", what),
        title = said_of(said, "title", what),
        minutes = tonumber(minutes) or 0, sum = 0, slides = 0,
    }
    return blocks[number]
end

local function block_read(meta, block)
    local folder = meta.deck ~= nil and text(meta.deck) or "slides/deck"
    local f = not block.file:match("/") and
        io.open(folder .. "/" .. block.file, "rb")
    local all = f and f:read("a")

    if f then
        f:close()
    end
    if not all then
        trouble.say("deck.yaml names it, but %s/ has no such file", folder)
        return pandoc.List()
    end
    if utf8.len(all) == nil then
        trouble.say("it is not UTF-8")
        return pandoc.List()
    end
    return pandoc.read(all, READS).blocks
end

local function block_end(block)
    trouble.at(block.file)
    if math.abs(block.sum - block.minutes) > 5 then
        trouble.say("its slides take %d minutes, but deck.yaml plans %d: " ..
                    "change one of them so that they differ by five at most",
                    block.sum, block.minutes)
    end
end

-- ---- a slide ----

-- An id names one thing in all of the deck.
local function id_is(id, what)
    if ids[id] ~= nil then
        trouble.say("its id #%s is that of \"%s\": give it another", id, ids[id])
    end
    ids[id] = what
end

local function check_id(element)
    if element.identifier ~= "" then
        id_is(element.identifier, text(element):sub(1, 40))
    end
end

-- Errors in the heading do not stop the slide: others may follow.
local function slide_begin(header, block)
    local title = text(header)
    local minutes = header.attributes.minutes
    local id = header.identifier

    slides = slides + 1
    trouble.at(block.file, title)
    if minutes == nil or not minutes:match("^[1-9]%d?$") then
        trouble.say("it has no minutes: write {#%s minutes=3} behind the title",
                    id)
        minutes = "0"
    end
    id_is(id, title)
    block.sum = block.sum + tonumber(minutes)
    block.slides = block.slides + 1
    header.attributes = {
        minutes = minutes, block = tostring(block.number),
        ["block-title"] = block.title, number = tostring(slides),
    }
    return {id = id, title = title, minutes = tonumber(minutes),
            number = slides, block = block.number, kind = "slide"}
end

local function is_pause(block)
    return block.t == "Para" and text(block):match("^%. ?%. ?%.$")
end

-- Beside each other on a slide, below each other on paper.
local function columns_of(div)
    if HANDOUT and (div.classes:includes("columns") or
                    div.classes:includes("column")) then
        return div.content
    end
end

-- The blocks of a slide, without its heading. Two passes: what has attributes
-- of ours first, since pandoc's own walk goes from the inside out.
local function slide_body(slide, body)
    local found = 0
    local made = pandoc.walk_block(pandoc.Div(body), {
        CodeBlock = function(code)
            return not output.is_commands(code) and regions.fill(code) or nil
        end,
        Span = check_id,
        Div = function(div)
            check_id(div)
            if div.classes:includes("notes") then
                found = found + 1
                return notes.check(div)
            end
            return hooks.make(div) or columns_of(div)
        end,
        HorizontalRule = function()
            trouble.say("a line of dashes would begin a slide: leave it out")
        end,
        Header = function(h)
            if h.level == 1 then
                trouble.say("a heading of level 1: a slide begins with ##")
            end
            check_id(h)
            h.level = HANDOUT and h.level + 1 or h.level
            return h
        end,
        Para = function(p)
            return HANDOUT and is_pause(p) and {} or nil
        end,
    })

    if found ~= 1 then
        trouble.say("it has %d blocks of notes: every slide has one ::: notes",
                    found)
    end
    return made.content
end

-- ---- both documents ----

local function attribute(value)
    return (value:gsub('[&<>"]', {["&"] = "&amp;", ["<"] = "&lt;",
                                  [">"] = "&gt;", ['"'] = "&quot;"}))
end

local function raw(format, ...)
    return pandoc.RawBlock("html", string.format(format, ...))
end

-- In the handout slides are sections of a block's section, one level deeper.
local function put_slide(out, slide, header, body)
    if HANDOUT then
        out:insert(raw('<section class="slide" id="%s" data-minutes="%d" ' ..
                       'data-number="%d">', attribute(slide.id), slide.minutes,
                       slide.number))
        header.level = 3
        header.identifier = ""
        header.attributes = {}
        header.content:insert(1, pandoc.Span(pandoc.Str(slide.number .. "."),
                                             {class = "number"}))
        header.content:insert(2, pandoc.Space())
        header.content:insert(pandoc.Space())
        header.content:insert(pandoc.Span(
            pandoc.Str(slide.minutes .. "\u{a0}min"), {class = "minutes"}))
    end
    out:insert(header)
    out:insert(hooks.comment(slide))
    out:extend(body)
    if HANDOUT then
        out:insert(raw("</section>"))
    end
end

local function put_block_begin(out, block)
    if HANDOUT then
        out:insert(raw('<section class="block" id="block-%d">\n<h2>%d. %s ' ..
                       '<span class="minutes">%d&nbsp;min</span></h2>',
                       block.number, block.number, attribute(block.title),
                       block.minutes))
    end
end

local function put_block_end(out, block)
    out:insert(hooks.comment({
        kind = "block", number = block.number, title = block.title,
        minutes = block.minutes, sum = block.sum, slides = block.slides,
        file = block.file,
    }))
    if HANDOUT then
        out:insert(hooks.comment({kind = "answers", block = block.number}))
        out:insert(raw("</section>"))
    end
end

-- Slides begin at headings of level 2.
local function split(all)
    local parts = {}

    for _, b in ipairs(all) do
        if b.t == "Header" and b.level == 2 then
            table.insert(parts, {header = b, body = pandoc.List()})
        elseif #parts == 0 then
            trouble.say("text before the first slide: begin with ##")
        else
            parts[#parts].body:insert(b)
        end
    end
    return parts
end

local function put_block(out, meta, block)
    trouble.at(block.file)
    put_block_begin(out, block)
    for _, part in ipairs(split(block_read(meta, block))) do
        local slide = slide_begin(part.header, block)

        put_slide(out, slide, part.header, slide_body(slide, part.body))
    end
    block_end(block)
    put_block_end(out, block)
end

function Pandoc(doc)
    local out, meta = pandoc.List(), doc.meta

    local said = type(meta.blocks) == "table" and meta.blocks or {}

    trouble.at("deck.yaml")
    local title, lang = said_of(meta, "title", "it"), said_of(meta, "lang", "it")

    if #said == 0 then
        trouble.say("it has no list of blocks: write \"blocks:\" and below it " ..
                    "\"- {file: one.md, title: …, minutes: 50}\"")
    end
    for _, block in ipairs(said) do
        trouble.at("deck.yaml")
        put_block(out, meta, block_begin(block))
    end
    out:insert(hooks.comment({kind = "deck", title = title, lang = lang}))
    trouble.stop()
    return pandoc.Pandoc(out, meta)
end
