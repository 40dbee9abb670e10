/** antd's theme from our colours. Must not name a colour that is not in `colours.ts`. */
import { theme, type ThemeConfig } from 'antd'
import { dark, FONT_MONO, FONT_UI, light } from './colours'

export type Mode = 'light' | 'dark'

export function antdTheme(mode: Mode, language: string): ThemeConfig {
  const c = mode === 'dark' ? dark : light
  const fontFamily = language === 'zh' ? FONT_UI.replace("'Inter Variable', Inter,", "'Inter Variable ZH',") : FONT_UI
  return {
    algorithm: mode === 'dark' ? theme.darkAlgorithm : theme.defaultAlgorithm,
    cssVar: { key: 'op' },
    hashed: false,
    token: {
      colorPrimary: c.accent, colorInfo: c.runFg, colorSuccess: c.okFg, colorWarning: c.waitFg, colorError: c.badFg,
      colorLink: c.accent, colorLinkHover: c.accentHover,
      colorText: c.text, colorTextSecondary: c.text2, colorTextTertiary: c.text3, colorTextPlaceholder: c.text3,
      colorTextDescription: c.text3, colorTextQuaternary: c.disabled, colorTextDisabled: c.disabled,
      colorBgLayout: c.canvas, colorBgContainer: c.surface, colorBgElevated: c.raised, colorBgSpotlight: c.spotlight,
      colorBorder: c.line2, colorBorderSecondary: c.line, colorSplit: c.line,
      colorFillTertiary: c.sunken, controlItemBgHover: c.hover, controlItemBgActive: c.selected,
      controlItemBgActiveHover: c.selected,
      fontFamily, fontFamilyCode: FONT_MONO, fontSize: 13, fontSizeSM: 12, fontSizeLG: 14, lineHeight: 20 / 13,
      fontSizeHeading1: 24, fontSizeHeading2: 20, fontSizeHeading3: 16, fontSizeHeading4: 14, fontSizeHeading5: 13,
      controlHeight: 30, controlHeightSM: 26, controlHeightLG: 38,
      borderRadius: 6, borderRadiusXS: 3, borderRadiusSM: 4, borderRadiusLG: 8,
      motionDurationFast: '0.08s', motionDurationMid: '0.14s', motionDurationSlow: '0.2s',
      boxShadow: c.shadow, boxShadowSecondary: c.shadow2,
    },
    components: {
      Button: {
        colorPrimary: c.ink, colorPrimaryHover: c.inkHover, colorPrimaryActive: c.inkActive, primaryColor: c.onInk,
        fontWeight: 500, paddingInline: 12, primaryShadow: 'none', defaultShadow: 'none', dangerShadow: 'none',
        defaultHoverColor: c.text, defaultActiveColor: c.text, defaultHoverBorderColor: c.control,
        defaultActiveBorderColor: c.control, defaultHoverBg: c.hover,
      },
      Table: {
        headerBg: c.surface, headerColor: c.text3, cellPaddingBlock: 8, cellPaddingInline: 12, rowHoverBg: c.hover,
        borderColor: c.line,
      },
      Tabs: { itemColor: c.text2, itemSelectedColor: c.text, itemHoverColor: c.text, inkBarColor: c.text, titleFontSize: 13 },
      Segmented: { trackBg: c.sunken, itemSelectedBg: c.surface, trackPadding: 2 },
      Form: { itemMarginBottom: 16, labelColor: c.text2, verticalLabelPadding: '0 0 4px' },
      Modal: { borderRadiusLG: 12 },
      Alert: { defaultPadding: '8px 12px' },
    },
  }
}
