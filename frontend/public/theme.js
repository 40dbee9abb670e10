// Before the first paint: the theme and language this browser used last, else what the system asks for.
;(function () {
  var root = document.documentElement
  var theme = 'system'
  var language = ''
  try {
    theme = localStorage.getItem('opsportal.theme') || 'system'
    language = localStorage.getItem('opsportal.language') || ''
  } catch {
    // Storage may be forbidden; the system's wish is enough then.
  }
  var dark = theme === 'dark' || (theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches)
  root.dataset.theme = dark ? 'dark' : 'light'
  root.lang = language || (/^zh/i.test(navigator.language) ? 'zh' : 'en')
})()
