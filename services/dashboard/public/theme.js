// Before the first paint: a chosen theme must not flash the system's. A file, so that no inline script is needed.
try {
  const theme = localStorage.getItem('cartledger.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden; the system's theme it is.
}
