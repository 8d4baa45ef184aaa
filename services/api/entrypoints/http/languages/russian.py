"""What the API says when something goes wrong, in Russian (``speaking`` says how it is found).

RULES: what is wrong with a value. ANSWERS: why a request cannot be done. WORDS: what stands in
their places, where the Russian has ``{0:~}``; anything else there is the caller's own word. A test
knows every sentence of the domain, and fails when one is missing here.
"""

from collections.abc import Mapping

RULES: Mapping[str, str] = {
    # Logging in through a provider.
    "No log-in leads there (API_OIDC_AFTER).": "Туда вход не ведёт (API_OIDC_AFTER).",
    "A log-in that leads to a page needs one.": "Для входа, который ведёт на страницу, это нужно.",
    # One field, whatever it is.
    "Field required.": "Это поле нужно заполнить.",
    "Unknown field.": "Такого поля нет.",
    "Unknown parameter.": "Такого параметра нет.",
    "This is given more than once.": "Это указано больше одного раза.",
    "{} is not NAME:FIELD, such as Телефон:phone.": (
        "{0} — не ИМЯ:ПОЛЕ, как, например, Телефон:phone."
    ),
    "These clients have more than {} different attributes: take NDJSON.": (
        "У этих клиентов больше {0} разных атрибутов: возьмите NDJSON."
    ),
    "The column {} is named twice.": "Столбец {0} назван дважды.",
    "At most {} columns are mapped.": "Назвать иначе можно не больше {0} столбцов.",
    "This is about the columns of a CSV, and here are none.": (
        "Это о столбцах CSV, а здесь их нет."
    ),
    "This cannot be null.": "Здесь не может быть null.",
    "This must not be empty.": "Здесь не может быть пусто.",
    "This must be a string.": "Здесь должна быть строка.",
    "This must be a whole number.": "Здесь должно быть целое число.",
    "This must be a number.": "Здесь должно быть число.",
    "This must be a finite number.": "Здесь должно быть конечное число.",
    "This number is too large.": "Число слишком велико.",
    "This must be true or false.": "Здесь должно быть true или false.",
    "This must be a list.": "Здесь должен быть список.",
    "This must be an object.": "Здесь должен быть объект.",
    "This must be a date.": "Здесь должна быть дата.",
    "This must be a date and time.": "Здесь должны быть дата и время.",
    "This must be greater than {}.": "Число должно быть больше {0}.",
    "This must be at least {}.": "Число должно быть не меньше {0}.",
    "This must be less than {}.": "Число должно быть меньше {0}.",
    "This must be at most {}.": "Число должно быть не больше {0}.",
    "This must be one of: {}.": "Здесь может быть только: {0}.",
    "This has more than {} characters.": "Здесь больше {0} {0:символа|символов|символов}.",
    "This has fewer than {} characters.": "Здесь меньше {0} {0:символа|символов|символов}.",
    "This has more than {} elements.": "Здесь больше {0} {0:элемента|элементов|элементов}.",
    "This has fewer than {} elements.": "Здесь меньше {0} {0:элемента|элементов|элементов}.",
    "This does not have the form that is asked for.": "Значение не того вида, какой здесь нужен.",
    "This is no text that can be kept.": "Такой текст сохранить нельзя.",
    "This is nested too deeply.": "Слишком глубокая вложенность.",
    "This contains control characters.": "Здесь есть управляющие символы.",
    "An offset is needed, such as Z or +03:00.": "Нужно смещение, например Z или +03:00.",
    "This has passed already.": "Это время уже прошло.",
    "This is over already.": "Это время уже прошло.",
    "This is more than ten years from now.": "Это больше чем через десять лет.",
    # Clients.
    "{}; between the digits there is nothing but blanks and -()./.": (
        "{0:~}; между цифрами могут стоять только пробелы и знаки -()./."
    ),
    "{}; this is a number of another country, +{}.": "{0:~}; это номер другой страны, +{1}.",
    "{}; this has {}.": "{0:~}; здесь {1} {1:цифра|цифры|цифр}.",
    "{}; this begins otherwise.": "{0:~}; этот начинается иначе.",
    "{}; this is none.": "{0:~}; это не номер.",
    "An operator code is 1 to 16 digits or Latin letters.": (
        "Код оператора — от 1 до 16 цифр или латинских букв."
    ),
    "The name of the time zone is too long to be one.": (
        "Для названия часового пояса это слишком длинно."
    ),
    "{} is not a time zone: give a name such as Europe/Moscow or an offset such as UTC+3.": (
        "{0} — не часовой пояс: укажите название, например Europe/Moscow, или смещение,"
        " например UTC+3."
    ),
    "{} is not an offset in use: they run from UTC-12:00 to UTC+14:00.": (
        "Смещения {0} не бывает: они от UTC-12:00 до UTC+14:00."
    ),
    "A tag cannot contain a semicolon: it separates tags in files.": (
        "В теге не может быть точки с запятой: в файлах она разделяет теги."
    ),
    "A client has at most {} tags.": "У клиента не больше {0} {0:тега|тегов|тегов}.",
    "A time zone is required; with guess_timezone=true it is guessed from the number.": (
        "Здесь нужен часовой пояс; с guess_timezone=true он угадывается по номеру."
    ),
    "The number does not tell the time zone: it may be used in several.": (
        "Часового пояса по номеру не узнать: он может быть в нескольких."
    ),
    "This is for zones that cannot be guessed: guess_timezone=true goes with it.": (
        "Это для поясов, которых не угадать: с ним нужно guess_timezone=true."
    ),
    "A deletion takes no tags: whoever has a tag is chosen by the filter.": (
        "При удалении теги не указывают: клиентов с тегом выбирает фильтр."
    ),
    "Say which tags.": "Укажите теги.",
    "Say whose: a filter that names something, or all for everybody.": (
        "Укажите, у кого: фильтр, в котором что-то есть, или all, если у всех."
    ),
    "Either a filter or all: not both.": "Или фильтр, или all, но не вместе.",
    "An e-mail address has at most {} characters.": (
        "В адресе электронной почты не больше {0} {0:символа|символов|символов}."
    ),
    "This is no e-mail address: its domain has no dot.": (
        "Это не адрес электронной почты: в домене нет точки."
    ),
    "This is no e-mail address: {}": "Это не адрес электронной почты.",
    "An e-mail address holds no control characters.": (
        "В адресе электронной почты нет управляющих символов."
    ),
    "A client has at most {} attributes.": (
        "У клиента не больше {0} {0:атрибута|атрибутов|атрибутов}."
    ),
    "All attributes together have at most {} characters.": (
        "Во всех атрибутах вместе не больше {0} {0:символа|символов|символов}."
    ),
    "The name of an attribute neither begins nor ends with a space.": (
        "Имя атрибута не начинается и не кончается пробелом."
    ),
    "Attribute {} has more than {} characters.": (
        "В атрибуте {0} больше {1} {1:символа|символов|символов}."
    ),
    "Attribute {} must be a string, a moderate number, true, false or null.": (
        "Атрибут {0} — это строка, не слишком большое число, true, false или null."
    ),
    # Mailings.
    "The text must not be empty.": "Текст не может быть пустым.",
    "The text has more than {} characters.": "В тексте больше {0} {0:символа|символов|символов}.",
    "The text contains control characters.": "В тексте есть управляющие символы.",
    "This must be a date and time in ISO 8601, such as 2027-03-01T10:00:00Z.": (
        "Здесь должны быть дата и время по ISO 8601, например 2027-03-01T10:00:00Z."
    ),
    "There is no such date and time: {}.": "Таких даты и времени не бывает.",
    "There is no such date.": "Такой даты не бывает.",
    "The year must lie between {} and {}.": "Год должен быть от {0} до {1}.",
    "A holiday is a date, YYYY-MM-DD.": "Праздник — это дата, ГГГГ-ММ-ДД.",
    "Unknown channel; known: {}.": "Такого канала нет; есть: {0}.",
    "An empty list matches nobody; use null for everybody.": (
        "Пустому списку не подойдёт никто; для всех укажите null."
    ),
    "A filter has at most {} values.": "В фильтре не больше {0} {0:значения|значений|значений}.",
    "With absolute timing an offset is needed, such as Z or +03:00.": (
        "Для единого времени (absolute) нужно смещение, например Z или +03:00."
    ),
    "With local timing this is wall-clock time: it must not have an offset.": (
        "Для местного времени (local) это время на часах клиента: смещения у него нет."
    ),
    "The end must be later than the start.": "Конец должен быть позже начала.",
    "The end has passed already.": "Время окончания уже прошло.",
    "The mailing's own end has passed: give these messages another.": (
        "Время окончания рассылки прошло: задайте этим сообщениям другое."
    ),
    "The audience was frozen at the launch: its filter has done its work.": (
        "Получатели отобраны при запуске: менять фильтр поздно."
    ),
    "{} is not a time of day, HH:MM from 00:00 to {}.": (
        "{0} — не время суток; нужно ЧЧ:ММ, от 00:00 до {1}."
    ),
    "{} is not a day; the days are {}.": "{0} — не день недели; дни: {1}.",
    "The window must open between 00:00 and 23:59.": "Окно открывается между 00:00 и 23:59.",
    "The window must close between 00:00 and 24:00.": "Окно закрывается между 00:00 и 24:00.",
    "The window closes when it opens; for the whole day use 24:00.": (
        "Окно закрывается, едва открывшись; для целых суток укажите 24:00."
    ),
    "A window without days never opens; leave days out for all.": (
        "Окно без дней никогда не откроется; чтобы подошли все дни, не указывайте их."
    ),
    "Days are counted from 0 (Monday) to 6 (Sunday).": (
        "Дни считаются от 0 (понедельник) до 6 (воскресенье)."
    ),
    # Templates.
    "The template says nothing.": "Шаблон ничего не говорит.",
    "The template cannot be read: {} (line {}).": "Шаблон не читается: {0} (строка {1}).",
    "The template is nested too deeply.": "Слишком глубокая вложенность в шаблоне.",
    "A number in the template is too large.": "В шаблоне слишком большое число.",
    "A template cannot use {} (line {}).": "В шаблоне нельзя использовать {0} (строка {1}).",
    "Unknown test {}; known: {}.": "Проверки {0} нет; есть: {1}.",
    "Unknown filter {}; known: {}.": "Фильтра {0} нет; есть: {1}.",
    "Unknown variable {}; known: {}.": "Переменной {0} нет; есть: {1}.",
    "A word holds characters that cannot be sent (line {}).": (
        "В слове есть символы, которые нельзя отправить (строка {0})."
    ),
    "The filter {} cannot take these arguments (line {}).": (
        "Фильтр {0} не принимает таких аргументов (строка {1})."
    ),
    "Only default takes more than a word or a number up to {}; {} does not (line {}).": (
        "Больше, чем слово или число до {0}, принимает только default; {1} — нет (строка {2})."
    ),
    "Only tags can be joined, such as tags|join(', ') (line {}).": (
        "Соединять можно только теги, например tags|join(', ') (строка {0})."
    ),
    "Only attributes have parts, such as attributes.city (line {}).": (
        "Части есть только у атрибутов, например attributes.city (строка {0})."
    ),
    "Say which of the attributes: attributes.city, for one.": (
        "Укажите, какой из атрибутов: например, attributes.city."
    ),
    "The client has no {}.": "У клиента нет {0}.",
    "The template has no use for this client's {}.": "Шаблону не подходит {0} этого клиента.",
    "The text needs {}, and {} is no client's: give the client whose values to take.": (
        "Тексту нужно {0}, а номер {1} не принадлежит ни одному клиенту: укажите клиента, чьи"
        " значения взять."
    ),
    "With {} values the text is longer than any may be.": (
        "Со значениями {0:~} текст длиннее допустимого."
    ),
    # What a request names.
    "This is not a cursor that was given out here.": "Такого курсора здесь не выдавали.",
    "This is not the id of a group that was given out here.": "Такой группы здесь не выдавали.",
    "Give exactly one of {}.": "Укажите ровно одно из: {0}.",
    "It goes with mailing_id alone.": "Это указывают только вместе с mailing_id.",
    "What is parked goes back as it is.": "Отложенное возвращается таким, как есть.",
    "Name one of your departments: {}.": "Укажите один из ваших отделов: {0}.",
    "You are in no department; leave it out.": (
        "Вы не состоите ни в одном отделе; не указывайте его."
    ),
    "There is no department {}.": "Отдела {0} нет.",
    "There is no client {}.": "Клиента {0} нет.",
    "There is no mailing {}.": "Рассылки {0} нет.",
    # Webhooks.
    "A URL is of ASCII letters: a name of others is written as xn--…": (
        "В URL только буквы ASCII: имя из других пишется как xn--…"
    ),
    "A receipt does not say whose its message is: this cannot narrow {}.": (
        "Квитанция не говорит, чьё это сообщение: {0} так не сузить."
    ),
    "This is no URL.": "Это не URL.",
    "The URL must begin with https://.": "URL должен начинаться с https://.",
    "The URL names no host.": "В URL нет имени узла.",
    "The URL must hold no name and no password.": "В URL не должно быть имени и пароля.",
    "The URL must have no fragment.": "В URL не должно быть фрагмента (#).",
    "This address may not be called; an operator can name its network.": (
        "По этому адресу обращаться нельзя; разрешить его сеть может администратор сервера."
    ),
    'This is neither * nor a list of tags such as "7-3-0f".': (
        'Это не * и не список меток, таких как "7-3-0f".'
    ),
    "A key is 1 to 128 characters: letters, digits or any of ._~:+/=-.": (
        "Ключ — от 1 до 128 символов: латинские буквы, цифры и знаки ._~:+/=-."
    ),
    "This key was used for another request.": "Этот ключ был у другого запроса.",
    "You do not have the right {} yourself.": "У вас самих нет права {0}.",
    "This is not your password.": "Это не ваш пароль.",
    "It is unknown, used or over; ask for another one.": (
        "Ссылка неизвестна, использована или устарела; запросите другую."
    ),
    "It is unknown, used, revoked or over, or it is for another address.": (
        "Приглашение неизвестно, использовано, отозвано или устарело — или оно для другого адреса."
    ),
    # The body.
    "The body is not JSON: {}.": "Тело запроса — не JSON.",
    "The body cannot be read.": "Тело запроса не читается.",
    "There is no file in the form.": "В форме нет файла.",
    "The form ends too early.": "Форма обрывается.",
    "There is more than one file in the form.": "В форме больше одного файла.",
    "The boundary of the form is missing or too long.": (
        "Граница частей формы (boundary) не указана или слишком длинна."
    ),
    "This is not a multipart form.": "Это не форма из частей (multipart).",
    "The gzip data ends too early.": "Данные gzip обрываются.",
    "The body is not gzip, though Content-Encoding says so.": (
        "Тело запроса — не gzip, хотя в Content-Encoding сказано так."
    ),
}

ANSWERS: Mapping[str, str] = {
    # Logging in through a provider.
    "The OpenID provider does not answer now.": "Провайдер OpenID сейчас не отвечает.",
    "The OpenID provider does not answer as it should.": "Провайдер OpenID отвечает не так.",
    "The OpenID provider does not take our question; look at its log.": (
        "Провайдер OpenID не принимает наш запрос; посмотрите его журнал."
    ),
    "This {} is unknown, used or over; begin anew.": (
        "{0:~} неизвестен, использован или устарел; начните заново."
    ),
    "An account here has your e-mail address, and is not linked with the provider;"
    " ask an administrator.": (
        "Здесь есть учётная запись с вашим адресом, не связанная с провайдером;"
        " обратитесь к администратору."
    ),
    "What the provider answered is not valid: {}.": "Ответ провайдера недействителен: {0}.",
    "The provider does not tell your e-mail address.": "Провайдер не сообщает вашего адреса.",
    "Your e-mail address is not verified at the provider.": (
        "Ваш адрес у провайдера не подтверждён."
    ),
    "The provider did not let you in: {}.": "Провайдер вас не впустил: {0}.",
    "None of your groups at the provider is let in here.": (
        "Ни одной из ваших групп у провайдера сюда входа нет."
    ),
    "This log-in was not begun in this browser.": "Этот вход начат не в этом браузере.",
    "You have no account here; ask an administrator.": (
        "У вас здесь нет учётной записи; обратитесь к администратору."
    ),
    "The request is not valid; see errors.": "В запросе есть ошибки, они перечислены в errors.",
    "There is no {} {}.": "Нет {0:~} {1}.",
    "You need the right {} for this.": "Для этого нужно право {0}.",
    "Send JSON, with Content-Type: application/json.": (
        "Пришлите JSON с заголовком Content-Type: application/json."
    ),
    "A request body has at most {} bytes.": (
        "В теле запроса не больше {0} {0:байта|байтов|байтов}."
    ),
    "An import has at most {} bytes, decompressed.": (
        "В загружаемом файле, распакованном, не больше {0} {0:байта|байтов|байтов}."
    ),
    "An import is text/csv or application/x-ndjson, as the body or as one multipart file.": (
        "Загрузить можно text/csv или application/x-ndjson: телом запроса или одним файлом формы."
    ),
    "Content-Encoding {} is not known here; use gzip.": (
        "Content-Encoding {0} здесь не знают; используйте gzip."
    ),
    "Something went wrong here; it is logged.": "У нас что-то сломалось; это записано в журнал.",
    "The database does not answer now.": "База данных сейчас не отвечает.",
    "{} not answer now.": "{0:~} сейчас не отвечает.",
    "{} not answer as it should.": "{0:~} отвечает не так, как следует.",
    "{} not answer as they should.": "{0:~} отвечает не так, как следует.",
    "{} not know what was asked for.": "{0:~} не знает того, о чём спросили.",
    "The statistics do not answer as they should.": "Статистика отвечает не так, как следует.",
    "The statistics do not know what was asked for.": "Статистика не знает того, о чём спросили.",
    "Not Found.": "Здесь ничего нет.",
    "Method Not Allowed.": "Этого здесь делать нельзя: список того, что можно, — в Allow.",
    # Who is asking.
    "No access token was given.": "Токен доступа не передан.",
    "The header must be: Authorization: Bearer <access token>.": (
        "Заголовок должен быть таким: Authorization: Bearer <токен доступа>."
    ),
    "This is not the service token.": "Это не токен сервиса.",
    "This is not a valid {} token.": "Это не токен {0:~}.",
    "This is not a valid {} token: it is for another use.": ("Это не токен {0:~}: он для другого."),
    "The {} token has expired.": "Срок токена {0:~} истёк.",
    "The user of this token exists no more.": "Владельца этого токена больше нет.",
    "This API token has expired.": "Срок этого API-токена истёк.",
    "This API token is not known: it was revoked, or there was never one.": (
        "Такого API-токена нет: он отозван, или его никогда не было."
    ),
    "An API token does not do for this.": "API-токена для этого мало.",
    "An API token does not do for this: log in.": "API-токена для этого мало: войдите.",
    "Nobody has more than {} tokens: revoke one first.": (
        "Больше {0} {0:токена|токенов|токенов} не бывает: сначала отзовите какой-нибудь."
    ),
    "This log-in has ended; log in again.": "Этот вход завершён; войдите снова.",
    "This refresh token was used before; log in again.": (
        "Этот токен обновления уже был использован; войдите снова."
    ),
    "The e-mail address or the password is wrong.": "Неверный адрес электронной почты или пароль.",
    "Too many tries to log in. Try again in {} s.": (
        "Слишком много попыток войти. Попробуйте снова через {0} с."
    ),
    "This account is closed.": "Эта учётная запись закрыта.",
    "This account has no password: whoever has it logs in by other means.": (
        "У этой учётной записи нет пароля: в неё входят иначе."
    ),
    "The password was changed meanwhile.": "Тем временем пароль сменили.",
    "Nobody may register here; ask an administrator.": (
        "Регистрация закрыта; обратитесь к администратору."
    ),
    "Nobody may register here (API_REGISTRATION); add the user instead.": (
        "Регистрация закрыта (API_REGISTRATION); добавьте пользователя сами."
    ),
    "Registering needs an invitation; ask an administrator.": (
        "Для регистрации нужно приглашение; обратитесь к администратору."
    ),
    "The first administrator is yet to come.": "Первый администратор ещё не появился.",
    "There is an account with this e-mail address: log in, or ask for a new password.": (
        "С этим адресом уже есть учётная запись: войдите или запросите новый пароль."
    ),
    "This server sends no mail, so nobody is sent a new password: API_SMTP_URL, API_MAIL_FROM and"
    " API_PUBLIC_URL must be set. Ask an administrator.": (
        "Этот сервер не отправляет писем, поэтому новый пароль прислать нельзя: нужно задать"
        " API_SMTP_URL, API_MAIL_FROM и API_PUBLIC_URL. Обратитесь к администратору."
    ),
    # What is signed, by us or by others.
    "It must have {}, {} and {}.": "Нужны заголовки {0}, {1} и {2}.",
    "No signature of it is right.": "Ни одна из подписей не подходит.",
    "{} must be Unix seconds.": "{0} — это секунды Unix.",
    "{} is {}; is a clock wrong?": "{0} {1:~}; верно ли идут часы?",
    "A secret is whsec_ and base64.": "Секрет — это whsec_ и base64.",
    "A secret has {} to {} bytes.": "В секрете от {0} до {1} байтов.",
    # What stands in the way.
    "{} has this phone already.": "{0:~} уже есть этот номер.",
    "{} has this e-mail address already.": "{0:~} уже есть этот адрес.",
    "An import is under way, and may name this client: let it end first.": (
        "Идёт импорт, в котором может быть этот клиент: дождитесь его конца."
    ),
    "There is such a tag already.": "Такой тег уже есть.",
    "This client is blocked already.": "Этот клиент уже заблокирован.",
    "Client {} is blocked.": "Клиент {0} заблокирован.",
    "There is a department of this name already.": "Отдел с таким названием уже есть.",
    "Users are in this department, or mailings are of it.": (
        "В этом отделе есть пользователи или у него есть рассылки."
    ),
    "Users are in this department or invited to it, or mailings or webhooks are of it.": (
        "В этом отделе есть пользователи или приглашённые, или у него есть рассылки или вебхуки."
    ),
    "There are no more than {} webhooks: remove one first.": (
        "Больше {0} {0:вебхука|вебхуков|вебхуков} не бывает: сначала удалите какой-нибудь."
    ),
    "This webhook is disabled: enable it first.": "Этот вебхук выключен: сначала включите его.",
    "It is still being tried by itself.": "Эта отправка ещё повторяется сама.",
    "This is the only administrator: make another one first.": (
        "Это единственный администратор: сначала назначьте другого."
    ),
    "{}; this mailing is {}.": "{0:~}; эта рассылка {1:~}.",
    "What became of each message of mailing {} is not kept any longer.": (
        "Что стало с каждым сообщением рассылки {0}, больше не хранится."
    ),
    "Nothing of mailing {} can be sent again; this mailing is {}.": (
        "Из рассылки {0} ничего нельзя отправить снова; эта рассылка {1:~}."
    ),
    "It has been changed since you looked at it; look again.": (
        "С тех пор как вы это видели, оно изменилось; посмотрите снова."
    ),
    "What is there now is {}, revision {}.": "Сейчас это {0}, редакция {1}.",
    "The first request with this key is still in progress.": (
        "Первый запрос с этим ключом ещё выполняется."
    ),
    "This was done, and its answer is not there any more: look at what has become.": (
        "Это сделано, но ответа уже нет: посмотрите, что получилось."
    ),
}

WORDS: Mapping[str, str] = {
    "log-in": "Этот вход",
    "code": "Этот код",
    "OpenID provider": "провайдера OpenID",
    "A phone number is 11 digits and begins with 7, such as 79161234567 or +7 (916) 123-45-67": (
        "Номер телефона — 11 цифр, первая из них 7, например 79161234567 или +7 (916) 123-45-67"
    ),
    "Only a draft can be launched": "Запустить можно только черновик",
    "Only a scheduled or running mailing can be paused": (
        "Приостановить можно только рассылку, которая запланирована или идёт"
    ),
    "Only a paused mailing can be resumed": "Возобновить можно только приостановленную рассылку",
    "What has finished cannot be cancelled": "Завершённую рассылку нельзя отменить",
    "What is over cannot be changed any more": "Оконченную рассылку уже нельзя изменить",
    "Another client": "У другого клиента",
    "Client {}": "У клиента {0}",
    "Another user": "У другого пользователя",
    "User {}": "У пользователя {0}",
    "Client {}: {}": "Клиент {0}: {1:~}",
    "nobody's": "по умолчанию",
    "client {}'s": "клиента {0}",
    "The statistics do": "Статистика",
    "The scheduler does": "Планировщик",
    # There is no ...
    "block": "блокировки",
    "client": "клиента",
    "provider": "поставщика",
    "mailing": "рассылки",
    "message": "сообщения",
    "import": "загрузки",
    "bulk change": "массового изменения",
    "tag": "тега",
    "department": "отдела",
    "user": "пользователя",
    "token": "токена",
    "session": "сеанса",
    "invitation": "приглашения",
    "parked message": "отложенного сообщения",
    "webhook": "вебхука",
    "delivery": "отправки",
    # An instant is ...
    "too old": "слишком старое время",
    "of the future": "время из будущего",
    # This mailing is ...
    "draft": "— черновик",
    "scheduled": "запланирована",
    "running": "идёт",
    "paused": "приостановлена",
    "finished": "завершена",
    "cancelled": "отменена",
    "deleted": "удалена",
    # The ... token
    "access": "доступа",
    "refresh": "обновления",
}

TITLES: Mapping[int, str] = {
    400: "Неверный запрос",
    401: "Неизвестно, кто спрашивает",
    403: "Нет права",
    404: "Не найдено",
    405: "Здесь так нельзя",
    409: "Противоречие",
    412: "Условие не выполнено",
    413: "Слишком много",
    415: "Такое мы не читаем",
    422: "Запрос с ошибками",
    429: "Слишком часто",
    500: "Ошибка сервера",
    503: "Сейчас недоступно",
}
