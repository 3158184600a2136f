performance.mark("count");
document.documentElement.dataset.paragraphs = String(document.querySelectorAll("p").length);
