performance.mark("beacon");
