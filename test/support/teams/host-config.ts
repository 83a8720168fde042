/** What Teams draws its cards with, as far as a picture of one needs it: sizes and colours of its light and its dark look. */
export interface Look {
  readonly page: string;
  readonly link: string;
  readonly hostConfig: object;
}

const text = (color: string, subtle: string) => ({ default: color, subtle });

function look(colours: {
  readonly page: string;
  readonly text: string;
  readonly subtle: string;
  readonly link: string;
  readonly accent: string;
  readonly emphasis: string;
}): Look {
  const { page, subtle, link, accent, emphasis } = colours;
  const foregroundColors = {
    default: text(colours.text, subtle),
    accent: text(link, link),
    good: text(colours.text, subtle),
    warning: text(colours.text, subtle),
    attention: text(colours.text, subtle),
  };
  const container = (backgroundColor: string) => ({ backgroundColor, foregroundColors });
  return {
    page,
    link,
    hostConfig: {
      spacing: { small: 8, default: 12, medium: 16, large: 20, extraLarge: 24, padding: 16 },
      fontTypes: {
        default: {
          fontFamily: "'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif",
          fontSizes: { small: 12, default: 14, medium: 14, large: 18, extraLarge: 24 },
          fontWeights: { lighter: 300, default: 400, bolder: 600 },
        },
        monospace: {
          fontFamily: "'Courier New', monospace",
          fontSizes: { small: 12, default: 14, medium: 14, large: 18, extraLarge: 24 },
          fontWeights: { lighter: 300, default: 400, bolder: 600 },
        },
      },
      containerStyles: {
        default: container(page),
        emphasis: container(emphasis),
        accent: container(accent),
      },
      actions: {
        maxActions: 6,
        buttonSpacing: 8,
        actionsOrientation: "horizontal",
        actionAlignment: "left",
        showCard: { actionMode: "inline", inlineTopMargin: 16, style: "emphasis" },
      },
      factSet: {
        title: { size: "default", weight: "bolder", wrap: true, maxWidth: 150 },
        value: { size: "default", weight: "default", wrap: true },
        spacing: 16,
      },
      inputs: { label: { requiredInputs: { weight: "bolder" }, optionalInputs: { weight: "bolder" } } },
    },
  };
}

export const LOOKS: Readonly<Record<"light" | "dark", Look>> = {
  light: look({
    ...{ page: "#ffffff", text: "#242424", subtle: "#616161", link: "#4f52b2" },
    ...{ accent: "#e8ebfa", emphasis: "#f5f5f5" },
  }),
  dark: look({
    ...{ page: "#292929", text: "#ffffff", subtle: "#adadad", link: "#9ea2ff" },
    ...{ accent: "#2f2f4a", emphasis: "#1f1f1f" },
  }),
};
