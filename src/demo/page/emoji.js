/** Slack's short names for the emoji that a bot of this kind and its people use. */
const EMOJI = {
  alarm_clock: "⏰",
  bar_chart: "📊",
  bell: "🔔",
  book: "📖",
  bust_in_silhouette: "👤",
  busts_in_silhouette: "👥",
  clipboard: "📋",
  clock3: "🕒",
  closed_lock_with_key: "🔐",
  computer: "💻",
  eyes: "👀",
  fire: "🔥",
  hammer_and_wrench: "🛠️",
  heavy_check_mark: "✔️",
  hourglass: "⌛",
  hourglass_flowing_sand: "⏳",
  information_source: "ℹ️",
  key: "🔑",
  large_blue_circle: "🔵",
  large_green_circle: "🟢",
  large_yellow_circle: "🟡",
  link: "🔗",
  lock: "🔒",
  mag: "🔍",
  memo: "📝",
  no_entry: "⛔",
  no_entry_sign: "🚫",
  ok_hand: "👌",
  pray: "🙏",
  question: "❓",
  red_circle: "🔴",
  rocket: "🚀",
  rotating_light: "🚨",
  scroll: "📜",
  shield: "🛡️",
  slightly_smiling_face: "🙂",
  stopwatch: "⏱️",
  tada: "🎉",
  "+1": "👍",
  thumbsup: "👍",
  unlock: "🔓",
  warning: "⚠️",
  wave: "👋",
  white_check_mark: "✅",
  white_circle: "⚪",
  wrench: "🔧",
  x: "❌",
  yellow_circle: "🟡",
};

const known = new Map(Object.entries(EMOJI));

/** Fonts may draw these as plain signs; what follows asks for the picture (Unicode TR 51, emoji presentation). */
const PICTURE = "\uFE0F";

/**
 * Replaces `:name:` by its character; a name that isn't known stays as typed. Every emoji is shown as a picture.
 *
 * @param {string} text
 */
export function withEmoji(text) {
  return text
    .replace(/:([a-z0-9_+-]+):/g, (typed, name) => known.get(name) ?? typed)
    .replace(/\p{Emoji_Presentation}(?!\uFE0F)/gu, `$&${PICTURE}`);
}
