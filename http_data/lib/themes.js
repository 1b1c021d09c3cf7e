const kKey = 'kismet-theme';
const kNext = {auto: 'light', light: 'dark', dark: 'auto'};

const current = () => document.documentElement.dataset.theme ?? 'auto';

export const themeLabel = () => ({auto: 'Theme: as the system', light: 'Theme: light', dark: 'Theme: dark'})[current()];

/// As the system, light, dark, and again.
export function cycleTheme() {
  const theme = kNext[current()];
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(kKey, theme);
  } catch {
    // Storage is kept from this page: the choice lasts as long as the page.
  }
}
