/* Looks every two seconds whether the answer has come, and shows it. ES5: tills have old browsers. */
(function () {
  "use strict";
  var place = document.getElementById("asked");
  if (!place || !window.XMLHttpRequest) { return; }
  function later() { window.setTimeout(look, 2000); }
  function look() {
    var request = new XMLHttpRequest();
    request.open("GET", place.getAttribute("data-look"));
    request.setRequestHeader("HX-Request", "true");
    request.setRequestHeader("HX-Request-Type", "partial");
    request.timeout = 8000;
    request.onload = function () {
      if (request.status === 200) { place.innerHTML = request.responseText; } else if (request.status !== 404) { later(); }
    };
    request.onerror = request.ontimeout = later;
    request.send();
  }
  later();
}());
