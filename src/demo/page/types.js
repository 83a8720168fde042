/**
 * The shapes that the workspace's API answers with: Slack's own, as far as this page draws them.
 *
 * @typedef {{ type: string, text: string }} TextObject
 * @typedef {{ text: TextObject, value: string, description?: TextObject }} Option
 * @typedef {{ title: TextObject, text: TextObject, confirm: TextObject, deny: TextObject, style?: string }} Confirm
 *
 * @typedef {object} BlockElement
 * @property {string} type
 * @property {string} [action_id]
 * @property {TextObject | string} [text]
 * @property {string} [value]
 * @property {string} [url]
 * @property {string} [style]
 * @property {Confirm} [confirm]
 * @property {TextObject} [placeholder]
 * @property {Option[]} [options]
 * @property {{ label: TextObject, options: Option[] }[]} [option_groups]
 * @property {Option} [initial_option]
 * @property {Option[]} [initial_options]
 * @property {string} [initial_value]
 * @property {boolean} [multiline]
 * @property {number} [max_length]
 * @property {boolean} [focus_on_load]
 * @property {{ trigger_actions_on?: string[] }} [dispatch_action_config]
 *
 * @typedef {object} Block
 * @property {string} type
 * @property {string} [block_id]
 * @property {TextObject} [text]
 * @property {TextObject[]} [fields]
 * @property {BlockElement} [accessory]
 * @property {BlockElement[]} [elements]
 * @property {TextObject} [label]
 * @property {TextObject} [hint]
 * @property {boolean} [optional]
 * @property {boolean} [dispatch_action]
 * @property {BlockElement} [element]
 *
 * @typedef {object} Message
 * @property {string} ts
 * @property {string} [user]  the person who wrote it; absent where `bot` did
 * @property {string} [bot]
 * @property {string} text
 * @property {Block[]} blocks
 * @property {{ id: string, name: string, title: string, alt?: string }[]} [files]
 * @property {string} [thread_ts]
 * @property {number} [reply_count]
 * @property {boolean} [ephemeral]
 * @property {boolean} [edited]
 * @property {boolean} [deleted]
 *
 * @typedef {{ type: string, value?: string | null, selected_option?: Option | null, selected_options?: Option[], selected_date?: string | null }} FieldValue
 * @typedef {Record<string, Record<string, FieldValue>>} Values  what a form holds: block id, action id, value
 *
 * @typedef {object} View  the modal that stands open
 * @property {string} id
 * @property {string} title
 * @property {string | null} submit
 * @property {string} close
 * @property {Block[]} blocks
 * @property {Values} values  what the server knows of what was put in
 * @property {Record<string, string>} errors  by block id
 * @property {string | null} trouble  what is said when the app did not answer
 * @property {number} depth  how many modals stand on each other
 *
 * @typedef {{ id: string, name: string, real_name: string, title?: string, is_bot?: boolean, deleted?: boolean }} Person
 * @typedef {{ id: string, name: string, private: boolean, topic?: string }} Channel
 * @typedef {{ id: string, with: string }} DirectMessage
 *
 * @typedef {object} Snapshot  all that one person sees of the workspace
 * @property {number} version
 * @property {{ id: string, name: string }} team
 * @property {Person} me
 * @property {Person[]} people
 * @property {{ id: string, handle: string }[]} userGroups
 * @property {Channel[]} channels
 * @property {DirectMessage[]} dms
 * @property {Record<string, Message[]>} messages
 * @property {View | null} view
 * @property {{ id: string, blocks: Block[] } | null} home  the Home tab, once the app published one
 *
 * @typedef {object} ActionPayload  what a click or a choice sends
 * @property {string} action_id
 * @property {string} block_id
 * @property {string} [value]
 * @property {Option} [selected_option]
 */
export {};
