// Loaded before a program (node --require): writes its largest resident set, in kilobytes, where PEAK_MEMORY_FILE says.
process.on('exit', () => {
  require('node:fs').writeFileSync(process.env.PEAK_MEMORY_FILE, String(process.resourceUsage().maxRSS));
});
