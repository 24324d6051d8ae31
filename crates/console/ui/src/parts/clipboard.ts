// Copies what stands on the screen. A page that came over plain HTTP has no clipboard of its own
// (`navigator.clipboard` is for secure contexts): there what is marked is copied as by Ctrl C.

/** Copies `text`, which stands in `shown`; returns whether it could. Where it could not, it is left marked for Ctrl C. */
export async function copyText(text: string, shown: HTMLElement): Promise<boolean> {
  // Not there over plain HTTP, whatever its type says.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  const isTaken = await clipboard?.writeText(text).then(() => true, () => false);
  if (isTaken) return true;
  const selection = getSelection();
  selection?.selectAllChildren(shown);
  const isCopied = document.execCommand('copy');
  if (isCopied) selection?.removeAllRanges();
  return isCopied;
}
