/** By which the message box is found from elsewhere on the page. */
export const MESSAGE_BOX = "message-box";
/** There is no other key to break a line with, and the focus brings up a keyboard over half of the page. */
export const TOUCH_ONLY = "(pointer: coarse) and (hover: none)";

export function focusMessageBox(): void {
  document.getElementById(MESSAGE_BOX)?.focus();
}

/** For a focus whose element has gone, so that those who use a keyboard are not sent back to the top of the page. */
export function catchFocus(): void {
  if (document.activeElement === document.body && !matchMedia(TOUCH_ONLY).matches) focusMessageBox();
}
