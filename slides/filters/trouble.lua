-- What is wrong with the text, collected: one run tells all of it.
local M = {}
local complaints = {}
local file, slide = nil, nil

-- Where the text is that is looked at now.
function M.at(new_file, new_slide)
    file, slide = new_file, new_slide
end

function M.say(format, ...)
    local where = file or "deck"

    if slide ~= nil then
        where = where .. ', slide "' .. slide .. '"'
    end
    table.insert(complaints, where .. ": " .. string.format(format, ...))
end

-- Ends the run if anything was said.
function M.stop()
    if #complaints == 0 then
        return
    end
    for _, complaint in ipairs(complaints) do
        io.stderr:write("fishbowl: slides: ", complaint, "\n")
    end
    os.exit(1)
end

return M
