// A photo of a document's QR code is read here, where the browser can; it leaves the phone in no case.
"use strict";
{
  const MOST = 60000; // bytes of a file; the form takes 64,000 with its fields
  const form = document.getElementById("check");
  const file = form.elements.file, number = form.elements.number;
  const note = document.getElementById("unread");

  const refuse = (why) => {
    for (const part of note.children) part.hidden = part.dataset.why !== why;
    note.hidden = false;
    file.value = "";
    number.focus();
  };
  const read = async (picture) => {
    const found = await new BarcodeDetector({ formats: ["qr_code"] }).detect(await createImageBitmap(picture));
    return found.map((one) => /\/makbuz\/([0-9]{12})(?![0-9])/.exec(one.rawValue)).find(Boolean)[1];
  };

  file.addEventListener("change", async () => {
    const [given] = file.files;
    note.hidden = true;
    if (!given) return;
    if (!given.type.startsWith("image/")) return given.size > MOST ? refuse("large") : undefined;
    try {
      number.value = await read(given);
    } catch {
      return refuse("picture");
    }
    file.value = "";
    form.requestSubmit();
  });
}
