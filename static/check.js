// A photo of a document's QR code is read here, where the browser can; it leaves the phone in no case.
"use strict";
{
  const MOST = 60000, PDF = 1990000; // bytes of a file; the forms take 64,000 and 2,000,000 with their fields
  const form = document.getElementById("check");
  const { file, number, picture } = form.elements;
  const note = document.getElementById("unread");

  const refuse = (given, why) => {
    for (const part of note.children) part.hidden = part.dataset.why !== why;
    note.hidden = false;
    given.value = "";
    number.focus();
  };
  const read = async (photo) => {
    const found = await new BarcodeDetector({ formats: ["qr_code"] }).detect(await createImageBitmap(photo));
    return found.map((one) => /\/makbuz\/([0-9]{12})(?![0-9])/.exec(one.rawValue)).find(Boolean)[1];
  };

  file.addEventListener("change", () => {
    const [given] = file.files;
    note.hidden = true;
    if (given && given.size > (given.type === "application/pdf" ? PDF : MOST)) refuse(file, "large");
  });
  picture.addEventListener("change", async () => {
    const [given] = picture.files;
    note.hidden = true;
    if (!given) return;
    try {
      number.value = await read(given);
    } catch {
      return refuse(picture, "picture");
    }
    picture.value = "";
    form.requestSubmit();
  });
  // Few browsers read codes, and some of those only other ones; in all others the box stays hidden.
  if ("BarcodeDetector" in window)
    BarcodeDetector.getSupportedFormats().then((known) => {
      document.getElementById("photo").hidden = !known.includes("qr_code");
    }, () => {});
}
