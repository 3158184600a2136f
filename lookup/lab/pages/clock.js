// Marks when it ran, and changes one paragraph if that is there already.
performance.mark("clock");
const after = document.getElementById("after");
if (after) after.dataset.clock = "ran";
