package draw

// agentSheet is the style sheet that a browser has of its own, as far as this drawing
// knows what it says (HTML Standard §15.3).
const agentSheet = `
html, body, address, article, aside, blockquote, center, dd, details, dialog, dir, div, dl, dt, fieldset, figcaption, figure, footer, form, h1, h2, h3, h4, h5, h6,
header, hgroup, hr, legend, listing, main, menu, nav, ol, p, pre, search, section, summary, ul, xmp, table, caption, thead, tbody, tfoot, tr, td, th, optgroup, option { display: block }
area, base, basefont, datalist, head, link, meta, noembed, noframes, noscript, param, rp, script, style, template, title, source, track, [hidden] { display: none }
button, input, select, textarea { display: inline-block }
li { display: list-item }
body { margin: 8px }
h1 { font-size: 2em; margin: .67em 0; font-weight: bold }
h2 { font-size: 1.5em; margin: .83em 0; font-weight: bold }
h3 { font-size: 1.17em; margin: 1em 0; font-weight: bold }
h4 { margin: 1.33em 0; font-weight: bold }
h5 { font-size: .83em; margin: 1.67em 0; font-weight: bold }
h6 { font-size: .67em; margin: 2.33em 0; font-weight: bold }
p, dl, pre, listing, xmp { margin: 1em 0 }
blockquote, figure { margin: 1em 40px }
ul, ol, menu, dir { margin: 1em 0; padding-left: 40px }
ul, menu, dir { list-style-type: disc }
ol { list-style-type: decimal }
ul ul, ul ol, ol ul, ol ol { margin-top: 0; margin-bottom: 0 }
ul ul, ol ul { list-style-type: circle }
dd { margin-left: 40px }
pre, listing, xmp { white-space: pre }
pre, listing, xmp, code, kbd, samp, tt { font-family: monospace }
b, strong, th { font-weight: bold }
i, em, cite, var, dfn, address { font-style: italic }
u, ins { text-decoration: underline }
small { font-size: smaller }
big { font-size: larger }
a:link { color: #0000ee; text-decoration: underline }
mark { background-color: yellow; color: black }
center, th { text-align: center }
hr { border: 1px inset gray; margin: .5em auto; color: gray }
`
