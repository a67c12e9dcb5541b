# Draws what why_focal.sh has found, as SVG. Input, tabs between: a line "T", title of each table, and for each of its
# rows "R", name, then mean, deviation, least and most of recall, precision, accuracy and gain. rare: the rare digit.

BEGIN {
    FS = "\t"
    blue = "#0969da"
    orange = "#e0892b"
    width = 780
    left = 220
    right = 740
    header = 96
    panel_head = 72
    step = 22
}

function x_of(share) {
    return left + (right - left) * share / 100
}

function text(class, x, y, what) {
    printf "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", class, x, y, what
}

function dot(x, y, colour) {
    printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%s\"/>\n", x, y, colour
}

function vertical(x, top, bottom) {
    printf "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", x, top, x, bottom
}

# From the least to the most, and the mean.
function spread(y, colour, mean, least, most) {
    printf "<line class=\"spread\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n",
           x_of(least), y, x_of(most), y, colour
    dot(x_of(mean), y, colour)
}

function style() {
    print "<style>"
    print "text { font-family: -apple-system, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', Helvetica, Arial, sans-serif;"
    print "       font-size: 12px; fill: #1f2328 }"
    print ".title { font-size: 17px; font-weight: 600 }"
    print ".panel { font-size: 13px; font-weight: 600 }"
    print ".name { text-anchor: end }"
    print ".tick { font-size: 11px; fill: #59636e; text-anchor: middle }"
    print ".grid { stroke: #d1d9e0 }"
    print ".spread { stroke-width: 3; stroke-opacity: 0.4; stroke-linecap: round }"
    print "</style>"
}

function legend() {
    dot(30, 56, blue)
    text("", 42, 60, "recall of the rare digit, %: mean, least and most of the seeds")
    dot(420, 56, orange)
    text("", 432, 60, "accuracy over all digits, %")
}

function panel(y, title, rows,    share) {
    text("panel", 24, y + 30, title)
    for (share = 0; share <= 100; share += 20) {
        text("tick", x_of(share), y + 48, share)
        vertical(x_of(share), y + 54, y + 58 + step * rows)
    }
}

{ lines[NR] = $0 }

END {
    height = header
    for (i = 1; i <= NR; i++)
        height += lines[i] ~ /^T/ ? panel_head : step
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\">\n",
           width, height, width, height
    print "<title>The recall of a rare digit by loss</title>"
    style()
    printf "<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n", width, height
    text("title", 24, 34, "The digit " rare ", of which 5 % were trained on, by loss")
    legend()
    y = header - 24
    for (i = 1; i <= NR; i++) {
        split(lines[i], field, FS)
        if (field[1] == "T") {
            rows = 0
            while (lines[i + rows + 1] ~ /^R/)
                rows++
            panel(y, field[2], rows)
            y += panel_head
        } else {
            text("name", left - 12, y + 4, field[2])
            spread(y, orange, field[11], field[13], field[14])
            spread(y, blue, field[3], field[5], field[6])
            y += step
        }
    }
    print "</svg>"
}
