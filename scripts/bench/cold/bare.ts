// Plain Node: nothing is imported, so that only the process itself is measured.
const { user, system } = process.cpuUsage();
console.log(JSON.stringify({ ready: { wall: performance.now(), processor: (user + system) / 1000 } }));
