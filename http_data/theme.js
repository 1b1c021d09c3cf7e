// Runs before the page is drawn, so that a chosen theme does not flash.
try {
  const theme = localStorage.getItem('kismet-theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is kept from this page: it follows the system.
}
